import { readFileSync } from 'node:fs'
import test from 'ava'
import * as ferross from 'ferross'
import * as otel from 'ferross/otel'
import * as server from 'ferross/server'

// The public names. A name that goes is a breaking change; one that comes is a promise: change this list on purpose.

const main = `
AlibabaCloudCredentialsProvider AnonymousCredentialsProvider AppendConflictError BucketNameInvalidError
CallbackError CheckpointError Client ClientClosedError Copier Crc64 CredentialsEmptyError CredentialsFetchError
CredentialsProviderChain DecryptionError DefaultCredentialsProvider DeserializationError Downloader
EcsRamRoleCredentialsProvider EncryptionClient EnvironmentCredentialsProvider EqualJitterBackoff FileBody
FileClosedError FileError FixedDelayBackoff FullJitterBackoff FunctionCredentialsProvider InconsistentError
MasterRsaCipher NopRetryer NotAppendableError ObjectNameInvalidError OidcRoleCredentialsProvider OssError Paginator
ParamInvalidError ParamRequiredError PresignExpirationError ProcessCredentialsProvider ProfileCredentialsProvider ProxyError
RamRoleArnCredentialsProvider RefreshingCredentialsProvider RequestError ResponseError SerializationError
ServiceError SourceChangedError StandardRetryer StaticCredentialsProvider TimeoutError TlsError TransferControl
UndiciHttpClient Uploader UriCredentialsProvider callback crc64 crc64Combine defaultErrorRetryables image imageStyle keyToPath loadDefault
nativeStatus pathToKey verifyCallback version videoSnapshot
`

const local = `
FaultScript LocalServer defaultCredentials startLocalServer
`

function changes(module: object, list: string) {
  const [now, before] = [Object.keys(module), list.trim().split(/\s+/)]
  return { added: now.filter(name => !before.includes(name)), removed: before.filter(name => !now.includes(name)) }
}

test('ferross exports exactly its public values', t => {
  t.deepEqual(changes(ferross, main), { added: [], removed: [] })
})

test('ferross/server exports exactly its public values', t => {
  t.deepEqual(changes(server, local), { added: [], removed: [] })
})

test('ferross/otel exports exactly its public values', t => {
  t.deepEqual(changes(otel, 'instrument'), { added: [], removed: [] })
})

test('nothing else of the package can be imported', async t => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
  t.deepEqual(Object.keys(exports), ['.', './server', './otel', './package.json'])
  const inner: string = 'ferross/dist/client/client.js'
  await t.throwsAsync(import(inner), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
})
