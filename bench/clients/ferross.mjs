// ferross from this repository, as compiled. With FERROSS_NATIVE=off in the environment it is the fallback.
import { readFileSync } from 'node:fs'
import * as ferross from '../../dist/index.js'

export async function open(job) {
  const client = new ferross.Client({
    endpoint: job.endpoint,
    region: 'cn-hangzhou',
    credentialsProvider: new ferross.StaticCredentialsProvider('id', 'secret'),
    maxConnections: 32,
    ...(job.ca && { ca: readFileSync(job.ca) }),
  })
  const bucket = 'bench'
  const options = { partSize: job.part, parallelNum: job.parallel }
  const uploader = client.uploader(options)
  const downloader = client.downloader(options)
  return {
    crc: true,
    version: `${ferross.version} (${ferross.nativeStatus().loaded ? 'addon' : 'fallback'})`,
    upload: (key, file) => uploader.uploadFile({ bucket, key }, file),
    download: (key, file) => downloader.downloadFile({ bucket, key }, file),
    put: (key, body) => client.putObject({ bucket, key, body }),
    get: async key => (await (await client.getObject({ bucket, key })).body.bytes()).length,
    putFile: (key, file) => client.putObjectFromFile({ bucket, key }, file),
    getFile: (key, file) => client.getObjectToFile({ bucket, key }, file),
    uploadFolder: (prefix, folder) =>
      client.uploadDirectory({ bucket, prefix }, folder, { parallelFiles: job.parallel }),
    downloadFolder: (prefix, folder) =>
      client.downloadDirectory({ bucket, prefix }, folder, { parallelFiles: job.parallel }),
    ...encrypted(client, bucket, options, job),
    reason: 'this build of ferross cannot do it',
    makeBucket: () => client.putBucket({ bucket }),
    close: () => client.close(),
  }
}

function encrypted(client, bucket, options, job) {
  if (!ferross.EncryptionClient || !job.keys) return {}
  const pem = kind => readFileSync(`${job.keys}/${kind}.pem`, 'utf8')
  const master = new ferross.MasterRsaCipher({ use: 'benchmark' }, pem('public'), pem('private'))
  const compatible = new ferross.EncryptionClient(client, master)
  const sealed = new ferross.EncryptionClient(client, master, { format: 'sealed' })
  return {
    uploadEncrypted: (key, file) => compatible.uploader(options).uploadFile({ bucket, key }, file),
    downloadEncrypted: (key, file) => compatible.downloader(options).downloadFile({ bucket, key }, file),
    uploadSealed: (key, file) => sealed.uploader(options).uploadFile({ bucket, key }, file),
    downloadSealed: (key, file) => sealed.downloader(options).downloadFile({ bucket, key }, file),
  }
}
