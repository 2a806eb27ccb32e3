import type { Attributes } from '@opentelemetry/api'
import { ServiceError } from '../errors.js'
import type { AttemptEvent, RequestEvent, TransferEvent } from '../observability/events.js'
import { codeOf } from '../observability/facts.js'

// Names follow OpenTelemetry's conventions for cloud SDKs (rpc.*, cloud.*, server.*, http.*, error.*); what those know only for
// another provider's object store has the prefix alibaba_cloud.oss.

/** What a span says from the beginning. */
export function startAttributes(event: RequestEvent | TransferEvent): Attributes {
  const { bucket, key } = event
  const attributes: Attributes = { 'cloud.provider': 'alibaba_cloud' }
  if (bucket !== undefined) attributes['alibaba_cloud.oss.bucket'] = bucket
  if (key !== undefined) attributes['alibaba_cloud.oss.key'] = key
  if (!('operation' in event)) return attributes
  attributes['rpc.system'] = 'alibaba-cloud-oss'
  attributes['rpc.service'] = 'OSS'
  attributes['rpc.method'] = event.operation
  if (event.region !== '') attributes['cloud.region'] = event.region
  return attributes
}

/** What the span of a call says at its end. */
export function endAttributes(event: RequestEvent): Attributes {
  const { host, statusCode, requestId, ec, attempts, bytesSent, bytesReceived } = event
  const attributes: Attributes = { 'http.request.body.size': bytesSent, 'http.response.body.size': bytesReceived }
  if (attempts > 1) attributes['http.request.resend_count'] = attempts - 1
  if (statusCode !== undefined) attributes['http.response.status_code'] = statusCode
  if (requestId !== undefined) attributes['alibaba_cloud.request_id'] = requestId
  if (ec) attributes['alibaba_cloud.oss.ec'] = ec
  if (host === undefined) return attributes
  const [, name = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? []
  attributes['server.address'] = name
  if (port !== undefined) attributes['server.port'] = Number(port)
  return attributes
}

/** What the event of an attempt that is repeated says. */
export function retryAttributes({ number, error, retryInMs, statusCode }: AttemptEvent): Attributes {
  const attributes: Attributes = { 'alibaba_cloud.oss.attempt': number, 'error.type': codeOf(error) }
  if (retryInMs !== undefined) attributes['alibaba_cloud.oss.retry_in_ms'] = retryInMs
  if (statusCode !== undefined) attributes['http.response.status_code'] = statusCode
  if (error instanceof ServiceError) attributes['alibaba_cloud.request_id'] = error.requestId
  return attributes
}

/** What the span of a transfer says at its end. */
export function transferAttributes({ kind, size, bytes, parts, files }: TransferEvent): Attributes {
  const attributes: Attributes = {
    'alibaba_cloud.oss.transfer.kind': kind,
    'alibaba_cloud.oss.transfer.bytes': bytes,
    'alibaba_cloud.oss.transfer.parts': parts,
  }
  if (size !== undefined) attributes['alibaba_cloud.oss.transfer.size'] = size
  if (files !== undefined) attributes['alibaba_cloud.oss.transfer.files'] = files
  return attributes
}
