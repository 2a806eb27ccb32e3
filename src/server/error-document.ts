import { escapeXml, xmlDocument, xmlElement } from '../xml/write.js'
import type { Failure } from './failure.js'

/** Where an error occurred: the elements that every error document has. */
export interface ErrorOrigin {
  readonly requestId: string
  readonly hostId: string
}

/** The XML document that explains a failure. */
export function errorDocument(failure: Failure, origin: ErrorOrigin): string {
  const elements: Record<string, string> = {
    Code: failure.code,
    Message: failure.message,
    RequestId: origin.requestId,
    HostId: origin.hostId,
    ...failure.details,
    EC: failure.ec,
    RecommendDoc: `https://api.aliyun.com/troubleshoot?q=${failure.ec}`,
  }
  const content = Object.entries(elements).map(([name, value]) => xmlElement(name, escapeXml(value)))
  return xmlDocument(xmlElement('Error', content.join('')))
}
