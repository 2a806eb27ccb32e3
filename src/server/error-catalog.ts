/** What the service answers for one error code unless the place that raises it knows better. */
export interface CatalogEntry {
  /** HTTP status. */
  readonly status: number
  readonly message: string
  /** Finer number. Its first half is the area; where the second half is not publicly known it is zero. */
  readonly ec: string
}

function entry(status: number, ec: string, message: string): CatalogEntry {
  return { status, ec, message }
}

/** Every error code the server uses. */
export const errorCatalog = {
  AccessDenied: entry(403, '0003-00000001', 'You have no right to access this object because of bucket acl.'),
  AppendSealedObjectNotAllowed: entry(400, '0026-00000000', 'Append operation is not allowed on a sealed object.'),
  ArchiveRestoreNotFinished: entry(409, '0028-00000000', 'The archive file restoration is not finished.'),
  BadRequest: entry(400, '0016-00000000', 'The request cannot be understood.'),
  BucketAlreadyExists: entry(
    409,
    '0015-00000104',
    'The requested bucket name is not available. Please select a different name and try again.',
  ),
  BucketNotEmpty: entry(409, '0015-00000301', 'The bucket you tried to delete is not empty.'),
  EntityTooLarge: entry(400, '0017-00000108', 'Your proposed upload exceeds the maximum allowed size.'),
  EntityTooSmall: entry(400, '0042-00000213', 'Your proposed upload smaller than the minimum allowed size.'),
  FileAlreadyExists: entry(409, '0026-00000002', 'The object you specified already exists and can not be overwritten.'),
  IncompleteBody: entry(400, '0017-00000000', 'The request body terminated unexpectedly.'),
  InternalError: entry(500, '0001-00000000', 'We encountered an internal error. Please try again.'),
  InvalidAccessKeyId: entry(403, '0002-00000902', 'The OSS Access Key Id you provided does not exist in our records.'),
  InvalidArgument: entry(400, '0017-00000000', 'Invalid argument.'),
  InvalidBucketName: entry(400, '0015-00000001', 'The specified bucket is not valid.'),
  InvalidDigest: entry(400, '0017-00000504', 'The Content-MD5 you specified is not valid.'),
  InvalidEncryptionAlgorithmError: entry(
    400,
    '0005-00000001',
    'The Encryption request you specified is not valid. Supported values: AES256/KMS/SM4.',
  ),
  InvalidObjectName: entry(400, '0016-00000002', 'The specified object is not valid.'),
  InvalidObjectState: entry(403, '0028-00000000', "The operation is not valid for the object's state."),
  InvalidPart: entry(
    400,
    '0042-00000205',
    "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
  ),
  InvalidPartOrder: entry(
    400,
    '0042-00000204',
    'The list of parts was not in ascending order. Parts list must specified in order by part number.',
  ),
  InvalidRange: entry(416, '0026-00000023', 'The requested range cannot be satisfied.'),
  InvalidSecurityToken: entry(403, '0002-00000301', 'The security token you provided is invalid.'),
  InvalidStorageClass: entry(400, '0017-00000000', 'The storage class you specified is not valid.'),
  InvalidTag: entry(400, '0036-00000000', 'The tag you provided is not valid.'),
  InvalidTargetType: entry(400, '0026-00000000', 'Target object type is not valid.'),
  InvalidURI: entry(400, '0016-00000000', "Couldn't parse the specified URI."),
  MalformedXML: entry(
    400,
    '0017-00000702',
    'The XML you provided was not well-formed or did not validate against our published schema.',
  ),
  MethodNotAllowed: entry(405, '0016-00000000', 'The specified method is not allowed against this resource.'),
  MissingArgument: entry(400, '0016-00000000', 'Missing Some Required Arguments.'),
  MissingContentLength: entry(411, '0017-00000101', 'You must provide the Content-Length HTTP header.'),
  NoSuchBucket: entry(404, '0015-00000101', 'The specified bucket does not exist.'),
  NoSuchKey: entry(404, '0026-00000001', 'The specified key does not exist.'),
  NoSuchUpload: entry(
    404,
    '0042-00000002',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ),
  NoSuchVersion: entry(404, '0026-00000000', 'The specified version does not exist.'),
  NotImplemented: entry(
    501,
    '0016-00000000',
    'A header or subresource you provided implies functionality that is not implemented.',
  ),
  NotModified: entry(304, '0026-00000000', 'The resource was not modified.'),
  NotSymlink: entry(400, '0043-00000101', 'The object is not symlink object.'),
  ObjectNotAppendable: entry(409, '0026-00000017', 'The object is not appendable'),
  OperationNotSupported: entry(400, '0028-00000000', 'The operation is not supported for this resource.'),
  PartAlreadyExist: entry(409, '0042-00000108', 'Part already exists.'),
  PositionNotEqualToLength: entry(409, '0026-00000016', 'Position is not equal to file length'),
  PreconditionFailed: entry(412, '0026-00000003', 'At least one of the pre-conditions you specified did not hold.'),
  RequestTimeTooSkewed: entry(
    403,
    '0002-00000504',
    'The difference between the request time and the current time is too large.',
  ),
  RestoreAlreadyInProgress: entry(409, '0028-00000000', 'The restore operation is in progress.'),
  SecurityTokenExpired: entry(403, '0002-00000302', 'The security token you provided has expired.'),
  ServiceUnavailable: entry(503, '0001-00000000', 'Please reduce your request rate.'),
  SignatureDoesNotMatch: entry(
    403,
    '0002-00000040',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ),
  SymlinkTargetNotExist: entry(404, '0026-00000024', 'The symlink target you specified does not exist'),
} satisfies Record<string, CatalogEntry>

/** A code of the catalog. */
export type ErrorCode = keyof typeof errorCatalog
