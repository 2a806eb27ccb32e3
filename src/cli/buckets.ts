import { readCommandLine } from './command-line.js'
import { withClient } from './connect.js'
import { requireLocation } from './location.js'
import { printJson, printLine } from './print.js'

const makeUsage = `usage: ferross mb [options] oss://bucket

Makes a bucket.

      --acl A              private (default), public-read or public-read-write
      --storage-class C    Standard (default), IA, Archive, ColdArchive or DeepColdArchive
      --redundancy R       LRS or ZRS`

const removeUsage = `usage: ferross rb [options] oss://bucket

Removes an empty bucket. Empty it first with ferross rm -r -f --all-versions, and ferross rm -m --older-than 0s.
`

/** Makes a bucket. */
export async function mb(args: string[]): Promise<number> {
  const string = { type: 'string' } as const
  const line = readCommandLine(args, makeUsage, { acl: string, 'storage-class': string, redundancy: string }, [1, 1])
  if (line === undefined) return 0
  const { bucket } = requireLocation(line.operands[0] as string, 'bucket', line.wrong)
  const { acl, 'storage-class': storageClass, redundancy: dataRedundancyType } = line.values
  const configuration = {
    ...(storageClass !== undefined && { storageClass }),
    ...(dataRedundancyType !== undefined && { dataRedundancyType }),
  }
  return withClient(line, async (client, signal) => {
    const request = {
      bucket,
      ...(acl !== undefined && { acl }),
      ...(Object.keys(configuration).length > 0 && { createBucketConfiguration: configuration }),
    }
    await client.putBucket(request, { signal })
    await (line.json ? printJson({ status: 'made', bucket }) : printLine(`made oss://${bucket}`))
    return 0
  })
}

/** Removes a bucket. */
export async function rb(args: string[]): Promise<number> {
  const line = readCommandLine(args, removeUsage, {}, [1, 1])
  if (line === undefined) return 0
  const { bucket } = requireLocation(line.operands[0] as string, 'bucket', line.wrong)
  return withClient(line, async (client, signal) => {
    await client.deleteBucket({ bucket }, { signal })
    await (line.json ? printJson({ status: 'removed', bucket }) : printLine(`removed oss://${bucket}`))
    return 0
  })
}
