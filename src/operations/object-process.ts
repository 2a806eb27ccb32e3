import { int, text } from '../binding/codec.js'
import { local, member, required } from '../binding/field.js'
import { processBody } from '../binding/hooks.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { type ObjectRequest, objectRequest, type RequesterPays, requesterPays } from './shared.js'

/** Input of {@link processObject}. */
export interface ProcessObjectRequest extends ObjectRequest, RequesterPays {
  /**
   * What to do and where to store it: `image/resize,w_100|sys/saveas,o_…,b_…`, with key and bucket in URL-safe base64.
   */
  process: string
}

/** Result of {@link processObject}. */
export interface ProcessObjectResult extends OperationResult {
  /** Bucket of the stored outcome. */
  bucket?: string
  /** Length of the stored outcome in bytes. */
  fileSize?: number
  /** Key of the stored outcome. */
  key?: string
  /** `OK` when the work succeeded. */
  processStatus?: string
}

/**
 * Transforms an object, usually an image, and stores the outcome; `getObject` with `process` gives it back instead.
 * Fails with `NoSuchKey` (404), `InvalidArgument` (400) for instructions it does not know, `AccessDenied` (403) without
 * write permission on the target.
 */
export const processObject = operation<ProcessObjectRequest, ProcessObjectResult>({
  name: 'ProcessObject',
  method: 'POST',
  contentMd5: true,
  longRunning: true,
  encode: processBody('x-oss-process'),
  request: { ...objectRequest, ...requesterPays, process: required(local<string>()) },
  response: {
    bucket: member('bucket', text),
    fileSize: member('fileSize', int),
    key: member('object', text),
    processStatus: member('status', text),
  },
})

/** Input of {@link asyncProcessObject}. */
export interface AsyncProcessObjectRequest extends ObjectRequest, RequesterPays {
  /** What to do, where to store it and whom to tell: `doc/convert,target_pdf|sys/saveas,o_…,b_…/notify,topic_…`. */
  process: string
}

/** Result of {@link asyncProcessObject}. */
export interface AsyncProcessObjectResult extends OperationResult {
  /** Id of the event that the work raises when it ends. */
  eventId?: string
  /** Id of the task. */
  taskId?: number
  /** Id under which the processing service knows the request. */
  processRequestId?: string
}

/**
 * Starts a transformation that takes long, such as of a document or a video, and answers before it is done. Fails with
 * `NoSuchKey` (404), `InvalidArgument` (400) for instructions it does not know, `AccessDenied` (403).
 */
export const asyncProcessObject = operation<AsyncProcessObjectRequest, AsyncProcessObjectResult>({
  name: 'AsyncProcessObject',
  method: 'POST',
  contentMd5: true,
  encode: processBody('x-oss-async-process'),
  request: { ...objectRequest, ...requesterPays, process: required(local<string>()) },
  response: {
    eventId: member('EventId', text),
    taskId: member('TaskId', int),
    processRequestId: member('RequestId', text),
  },
})
