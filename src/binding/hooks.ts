import { ParamInvalidError, ParamRequiredError, SerializationError } from '../errors.js'
import { encodePath } from '../signing/encode.js'
import { escapeXml, xmlDocument, xmlElement } from '../xml/write.js'
import { writeShape } from './document.js'
import type { RequestDraft } from './draft.js'
import type { EncodeHook } from './operation.js'
import type { Shape } from './shape.js'

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

interface SelectMetaValues {
  readonly process: string
  readonly selectMetaRequest: {
    readonly $type?: string
    readonly inputSerialization?: { readonly csv?: object; readonly json?: object }
  }
}

/** Writes the document that asks for the figures of a CSV or JSON object; its root element names the format. */
export function selectMetaBody<T>(shape: Shape<T>): EncodeHook<SelectMetaValues> {
  return (request, draft) => {
    const content = writeShape(shape as unknown as Shape<never>, request.selectMetaRequest, 'selectMetaRequest')
    draft.body = xmlDocument(xmlElement(selectMetaRoot(request), content))
  }
}

/** What the value says of itself counts first, then the form that it describes, then the kind of processing. */
function selectMetaRoot({ process, selectMetaRequest }: SelectMetaValues): string {
  const { $type, inputSerialization: input } = selectMetaRequest
  if ($type === 'CSVMetaRequest') return 'CsvMetaRequest'
  if ($type === 'JSONMetaRequest') return 'JsonMetaRequest'
  if ($type !== undefined) {
    throw new ParamInvalidError('selectMetaRequest.$type', 'expected CSVMetaRequest or JSONMetaRequest')
  }
  const described = Boolean(input?.csv) !== Boolean(input?.json)
  const json = described ? Boolean(input?.json) : process.startsWith('json/')
  return json ? 'JsonMetaRequest' : 'CsvMetaRequest'
}
