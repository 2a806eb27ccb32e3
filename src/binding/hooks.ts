import { ParamRequiredError, SerializationError } from '../errors.js'
import { encodePath } from '../signing/encode.js'
import { escapeXml, xmlDocument, xmlElement } from '../xml/write.js'
import type { RequestDraft } from './draft.js'
import type { EncodeHook } from './operation.js'

// The few things about requests that rows cannot express. Nothing else about an operation is code.

interface CopySourceValues {
  readonly bucket: string
  readonly sourceBucket?: string
  readonly sourceKey: string
  readonly sourceVersionId?: string
}

/** Writes `x-oss-copy-source`: bucket and encoded key of the source, and its version as it is. */
export function copySource(request: CopySourceValues, draft: RequestDraft): void {
  const bucket = request.sourceBucket ?? request.bucket
  const version = request.sourceVersionId === undefined ? '' : `?versionId=${request.sourceVersionId}`
  draft.headers['x-oss-copy-source'] = `/${bucket}/${encodePath(request.sourceKey, 'sourceKey')}${version}`
}

interface ObjectToDelete {
  readonly key?: string
  readonly versionId?: string
}

interface DeleteValues {
  readonly objects?: readonly ObjectToDelete[]
  readonly quiet?: boolean
  readonly delete?: { readonly objects?: readonly ObjectToDelete[]; readonly quiet?: boolean }
}

/** Writes the list of objects to delete, which a request gives either as `objects` and `quiet` or as `delete`. */
export function deleteObjectsBody(request: DeleteValues, draft: RequestDraft): void {
  if (request.objects !== undefined && request.delete !== undefined) {
    throw new SerializationError('objects and delete say the same thing: give one of them')
  }
  const list = request.delete ?? request
  if (list.objects === undefined)
    throw new ParamRequiredError(request.delete === undefined ? 'objects' : 'delete.objects')
  const quiet = list.quiet === undefined ? '' : xmlElement('Quiet', String(list.quiet))
  draft.body = xmlDocument(xmlElement('Delete', quiet + list.objects.map(objectElement).join('')))
}

function objectElement({ key, versionId }: ObjectToDelete): string {
  return xmlElement('Object', optionalElement('Key', key) + optionalElement('VersionId', versionId))
}

/** The service refuses empty keys and versions: they are left out. */
function optionalElement(name: string, value: string | undefined): string {
  return value === undefined || value === '' ? '' : xmlElement(name, escapeXml(value))
}

/** Sends `process` as the text `name=…`, announced by an empty query parameter of that name. */
export function processBody(name: 'x-oss-process' | 'x-oss-async-process'): EncodeHook<{ process: string }> {
  return (request, draft) => {
    draft.query[name] = ''
    draft.body = `${name}=${request.process}`
  }
}
