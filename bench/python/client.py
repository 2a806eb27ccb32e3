"""The Python SDK as a client of the benchmark: name=value arguments, one line of JSON."""

import json
import os
import re
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import alibabacloud_oss_v2 as oss

BUCKET = "bench"


def main():
    job = dict(pair.split("=", 1) for pair in sys.argv[1:])
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider("id", "secret")
    config.region = "cn-hangzhou"
    config.endpoint = job["endpoint"]
    config.use_path_style = True
    client = oss.Client(config)
    workload = WORKLOADS.get(job["workload"])
    if workload is None:
        print(json.dumps({"skipped": "its uploader cannot encrypt"}))
        return
    if job["workload"] in ("put", "get"):
        workload(client, {**job, "operations": str(max(1, int(job["operations"]) // 10))})
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    result = workload(client, job)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "user": after.ru_utime - before.ru_utime,
                "system": after.ru_stime - before.ru_stime,
                "seconds": seconds,
                "peak": peak(),
                "crc": "on",
                "version": oss.__version__,
                **result,
            }
        )
    )


def upload(client, job):
    uploader = client.uploader(part_size=int(job["part"]), parallel_num=int(job["parallel"]))
    uploader.upload_file(oss.PutObjectRequest(bucket=BUCKET, key=job["key"]), job["file"])
    return {"bytes": os.path.getsize(job["file"])}


def download(client, job):
    downloader = client.downloader(part_size=int(job["part"]), parallel_num=int(job["parallel"]))
    downloader.download_file(oss.GetObjectRequest(bucket=BUCKET, key=job["key"]), job["file"])
    return {"bytes": os.path.getsize(job["file"])}


def put(client, job):
    body = b"\x07" * int(job["length"])

    def one(i):
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=f"{job['key']}/{i % 64}", body=body))

    return each(job, one)


def get(client, job):
    length = int(job["length"])

    def one(_):
        with client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=f"{job['key']}/size-{length}")).body as stream:
            if len(stream.read()) != length:
                raise ValueError("the answer has the wrong length")

    return each(job, one)


def folder_up(client, job):
    def one(i):
        name = f"file-{i:06d}"
        request = oss.PutObjectRequest(bucket=BUCKET, key=f"{job['key']}/{name}")
        client.put_object_from_file(request, os.path.join(job["file"], name))

    return each(job, one)


def folder_down(client, job):
    os.makedirs(job["file"], exist_ok=True)

    def one(i):
        name = f"file-{i:06d}"
        request = oss.GetObjectRequest(bucket=BUCKET, key=f"{job['key']}/{name}")
        client.get_object_to_file(request, os.path.join(job["file"], name))

    return each(job, one)


def each(job, work):
    count = int(job["operations"])
    with ThreadPoolExecutor(int(job["parallel"])) as pool:
        for _ in pool.map(work, range(count)):
            pass
    return {"operations": count, "bytes": count * int(job["length"])}


def peak():
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) * 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


WORKLOADS = {
    "upload": upload,
    "download": download,
    "put": put,
    "get": get,
    "folder-up": folder_up,
    "folder-down": folder_down,
}

if __name__ == "__main__":
    main()
