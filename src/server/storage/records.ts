/** A stretch of one content file. Objects are lists of them, so joining and copying move no bytes. */
export interface Segment {
  /** Name of the content file. */
  readonly file: string
  /** First byte. */
  readonly offset: number
  /** Number of bytes, at least 1. */
  readonly length: number
}

/** How an object came to be; what `x-oss-object-type` says. */
export type ObjectType = 'Normal' | 'Multipart' | 'Appendable' | 'Symlink'

/** Server-side encryption as it was asked for. Content is kept as it came: only the headers matter here. */
export interface Encryption {
  readonly algorithm: string
  readonly dataAlgorithm?: string
  readonly keyId?: string
}

/** A restoration of an archived object. */
export interface Restoration {
  /** When the content becomes readable, in milliseconds since 1970. */
  readonly ready: number
  /** When it is frozen again. */
  readonly expires: number
}

/** Protection of an object until a time. */
export interface Retention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE'
  /** In milliseconds since 1970. */
  readonly until: number
}

/** One version of an object, or a delete marker. Never changed in place: a changed copy takes its place. */
export interface ObjectVersion {
  /** `null` where versioning was not enabled. */
  readonly versionId: string
  readonly deleteMarker: boolean
  /** Time of the last change, in milliseconds since 1970. */
  readonly modified: number
  readonly type: ObjectType
  readonly size: number
  /** Without quotes. */
  readonly etag: string
  /** Base64 of the content's MD5, where it is known. */
  readonly md5?: string
  /** CRC-64 of the content, decimal, where it is known. */
  readonly crc64?: string
  readonly storageClass: string
  /** `default` means: as the bucket. */
  readonly acl: string
  /** Headers to repeat: content headers and user metadata. Names in lower case, values as they came over the wire. */
  readonly headers: Readonly<Record<string, string>>
  readonly tags: readonly (readonly [key: string, value: string])[]
  readonly encryption?: Encryption
  readonly segments: readonly Segment[]
  /** Key a symbolic link leads to. */
  readonly target?: string
  /** When an appendable object was sealed. */
  readonly sealed?: number
  readonly restoration?: Restoration
  readonly retention?: Retention
  readonly legalHold?: 'ON' | 'OFF'
  /** What scanning the object for queries found. */
  readonly selectFigures?: {
    readonly scanned: number
    readonly splits: number
    readonly rows: number
    readonly columns: number
  }
}

/** Everything stored under one key: its versions, the newest first. Never empty. */
export interface KeyRecord {
  readonly key: string
  readonly versions: readonly ObjectVersion[]
}

/** Whether new objects get versions of their own. */
export type Versioning = 'Enabled' | 'Suspended' | undefined

/** A bucket and its settings. */
export interface BucketRecord {
  readonly name: string
  /** Time of creation, in milliseconds since 1970. */
  readonly created: number
  readonly acl: string
  readonly storageClass: string
  readonly redundancy: string
  readonly resourceGroup: string
  readonly versioning?: 'Enabled' | 'Suspended'
  /** Settings by the name of their subresource, as plain data. */
  readonly settings: Readonly<Record<string, unknown>>
}

/** Settings of the account as a whole. */
export interface AccountRecord {
  /** By the name of their subresource, as plain data. */
  readonly settings: Readonly<Record<string, unknown>>
}

/** A multipart upload that is not finished. */
export interface UploadRecord {
  readonly uploadId: string
  readonly key: string
  readonly initiated: number
  readonly sequential: boolean
  /** What the object will be like. */
  readonly template: Pick<
    ObjectVersion,
    'storageClass' | 'acl' | 'headers' | 'tags' | 'encryption' | 'retention' | 'legalHold'
  >
}

/** One uploaded part. */
export interface PartRecord {
  readonly partNumber: number
  readonly modified: number
  readonly size: number
  /** Without quotes: upper-case hex of the part's MD5. */
  readonly etag: string
  readonly crc64?: string
  readonly segments: readonly Segment[]
}
