"""The other side of the interoperability test: the official Python SDK, told what to do by one JSON document on stdin.

Prints one JSON document: the SHA-256 of everything that was read, by name.
"""
import hashlib
import json
import sys

import alibabacloud_oss_v2 as oss
from alibabacloud_oss_v2.crypto.master_rsa_cipher import MasterRsaCipher


def ruled(length):
    return bytes((i * 7 + 3) % 251 for i in range(length))


def write(client, task):
    bucket, size, part_size = task['bucket'], task['size'], task['partSize']
    data = ruled(size)
    client.put_object(oss.PutObjectRequest(bucket=bucket, key='py/whole', body=data))
    client.put_object(oss.PutObjectRequest(bucket=bucket, key='py/empty', body=b''))
    started = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(
        bucket=bucket, key='py/parts', cse_part_size=part_size, cse_data_size=size))
    parts = []
    for number, offset in enumerate(range(0, size, part_size), 1):
        sent = client.upload_part(oss.UploadPartRequest(
            bucket=bucket, key='py/parts', upload_id=started.upload_id, part_number=number,
            cse_multipart_context=started.cse_multipart_context, body=data[offset:offset + part_size]))
        parts.append(oss.UploadPart(part_number=number, etag=sent.etag))
    client.complete_multipart_upload(oss.CompleteMultipartUploadRequest(
        bucket=bucket, key='py/parts', upload_id=started.upload_id,
        complete_multipart_upload=oss.CompleteMultipartUpload(parts=parts)))
    return {}


def read(client, task):
    found = {}
    for key in task['keys']:
        for name in [None, *task['ranges']]:
            result = client.get_object(oss.GetObjectRequest(bucket=task['bucket'], key=key, range_header=name))
            content = b''.join(result.body.iter_bytes())
            result.body.close()
            found[f'{key} {name or ""}'] = hashlib.sha256(content).hexdigest()
    return found


def main():
    task = json.load(sys.stdin)
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(task['id'], task['secret'])
    config.region = task['region']
    config.endpoint = task['endpoint']
    config.use_path_style = True
    cipher = MasterRsaCipher({'key': 'value'}, task['publicKey'], task['privateKey'])
    client = oss.EncryptionClient(oss.Client(config), cipher)
    print(json.dumps({'write': write, 'read': read}[task['action']](client, task)))


main()
