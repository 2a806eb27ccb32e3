import { Failure } from '../failure.js'
import type { Call, Reply } from '../handler.js'
import { headerText } from '../incoming.js'
import { owner } from '../objects.js'
import { sliceSegments } from '../storage/content-store.js'
import type { ObjectVersion } from '../storage/records.js'
import { type CallbackValues, callbackBody } from './body.js'
import { type ImageInfo, imageHeadLength, imageInfo } from './image-info.js'
import { CallbackError, sendCallback } from './send.js'
import type { CallbackWish } from './wish.js'

/**
 * Calls the requester's application about an object that was stored, and answers with what it answers. When it does not
 * answer well the object stays stored all the same.
 * @throws Failure CallbackFailed
 */
export async function answerWithCallback(
  call: Call,
  wish: CallbackWish | undefined,
  version: ObjectVersion,
  reply: Reply,
): Promise<Reply> {
  if (wish === undefined) return reply
  const body = callbackBody(wish, await valuesOf(call, wish, version))
  const headers = {
    'x-oss-bucket': call.bucket.name,
    'x-oss-owner': owner.id,
    'x-oss-requester': owner.id,
    'x-oss-request-id': call.requestId,
  }
  const { callbackTimeout: timeout, callbackHosts: hosts } = call.settings
  let message = ''
  for (const url of wish.urls) {
    try {
      const callback = { url, host: wish.host, body, bodyType: wish.bodyType, headers }
      const answer = await sendCallback(callback, { signer: call.callbackSigner, hosts, timeout })
      return { status: 200, headers: reply.headers ?? {}, text: { body: answer, contentType: 'application/json' } }
    } catch (error) {
      if (!(error instanceof CallbackError)) throw error
      message = error.message
    }
  }
  throw new Failure('CallbackFailed', { message, headers: reply.headers ?? {} })
}

async function valuesOf(call: Call, wish: CallbackWish, version: ObjectVersion): Promise<CallbackValues> {
  const image = wish.body.includes('${imageInfo.') ? await lookAt(call, version) : undefined
  return {
    bucket: call.bucket.name,
    object: call.key,
    etag: version.etag,
    size: version.size,
    mimeType: headerText(version.headers['content-type'] ?? 'application/octet-stream'),
    crc64: version.crc64,
    contentMd5: version.md5,
    clientIp: call.clientAddress,
    reqId: call.requestId,
    operation: call.operation.name,
    vpcId: undefined,
    'imageInfo.height': image?.height,
    'imageInfo.width': image?.width,
    'imageInfo.format': image?.format,
  }
}

async function lookAt(call: Call, version: ObjectVersion): Promise<ImageInfo | undefined> {
  const segments = sliceSegments(version.segments, 0, Math.min(version.size, imageHeadLength))
  const { content } = call.store
  content.retain(segments)
  try {
    const chunks: Buffer[] = []
    for await (const chunk of content.read(segments)) chunks.push(chunk)
    return imageInfo(Buffer.concat(chunks))
  } finally {
    await content.release(segments)
  }
}
