// The Go SDK as a client of the benchmark: name=value arguments, one line of JSON.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/crypto"
)

const bucket = "bench"

type job map[string]string

func (j job) number(name string) int64 {
	value, _ := strconv.ParseInt(j[name], 10, 64)
	return value
}

func main() {
	work := job{}
	for _, pair := range os.Args[1:] {
		name, value, _ := strings.Cut(pair, "=")
		work[name] = value
	}
	if err := run(work); err != nil {
		fmt.Fprintln(os.Stderr, "go:", err)
		os.Exit(1)
	}
}

func run(work job) error {
	config := oss.LoadDefaultConfig().
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("id", "secret")).
		WithRegion("cn-hangzhou").WithEndpoint(work["endpoint"]).WithUsePathStyle(true)
	client := oss.NewClient(config)
	if work["workload"] == "put" || work["workload"] == "get" {
		if _, _, err := small(client, work, (work.number("operations")+9)/10); err != nil {
			return err
		}
	}
	user, system := times()
	started := time.Now()
	var size, operations int64
	var err error
	switch work["workload"] {
	case "upload":
		size, err = upload(oss.NewUploader(client, up(work)), work)
	case "download":
		size, err = download(oss.NewDownloader(client, down(work)), work)
	case "upload-encrypted", "download-encrypted":
		size, err = encrypted(client, work)
	case "put", "get":
		size, operations, err = small(client, work, work.number("operations"))
	case "folder-up", "folder-down":
		size, operations, err = folder(client, work)
	default:
		err = errors.New("no such workload")
	}
	if err != nil {
		return err
	}
	seconds := time.Since(started).Seconds()
	userNow, systemNow := times()
	result := map[string]any{
		"user": userNow - user, "system": systemNow - system, "seconds": seconds, "bytes": size,
		"peak": peak(), "crc": "on", "version": oss.Version(),
	}
	if operations > 0 {
		result["operations"] = operations
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func up(work job) func(*oss.UploaderOptions) {
	return func(options *oss.UploaderOptions) {
		options.PartSize, options.ParallelNum = work.number("part"), int(work.number("parallel"))
	}
}

func down(work job) func(*oss.DownloaderOptions) {
	return func(options *oss.DownloaderOptions) {
		options.PartSize, options.ParallelNum = work.number("part"), int(work.number("parallel"))
	}
}

func upload(uploader *oss.Uploader, work job) (int64, error) {
	request := &oss.PutObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(work["key"])}
	if _, err := uploader.UploadFile(context.Background(), request, work["file"]); err != nil {
		return 0, err
	}
	return length(work["file"])
}

func download(downloader *oss.Downloader, work job) (int64, error) {
	request := &oss.GetObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(work["key"])}
	if _, err := downloader.DownloadFile(context.Background(), request, work["file"]); err != nil {
		return 0, err
	}
	return length(work["file"])
}

func encrypted(client *oss.Client, work job) (int64, error) {
	public, err := os.ReadFile(filepath.Join(work["keys"], "public.pem"))
	if err != nil {
		return 0, err
	}
	private, err := os.ReadFile(filepath.Join(work["keys"], "private.pem"))
	if err != nil {
		return 0, err
	}
	master, err := crypto.CreateMasterRsa(map[string]string{"use": "benchmark"}, string(public), string(private))
	if err != nil {
		return 0, err
	}
	sealed, err := oss.NewEncryptionClient(client, master)
	if err != nil {
		return 0, err
	}
	if work["workload"] == "upload-encrypted" {
		return upload(oss.NewUploader(sealed, up(work)), work)
	}
	return download(oss.NewDownloader(sealed, down(work)), work)
}

func small(client *oss.Client, work job, count int64) (int64, int64, error) {
	body := bytes.Repeat([]byte{7}, int(work.number("length")))
	err := each(count, work.number("parallel"), func(i int64) error {
		if work["workload"] == "put" {
			_, err := client.PutObject(context.Background(), &oss.PutObjectRequest{
				Bucket: oss.Ptr(bucket), Key: oss.Ptr(fmt.Sprintf("%s/%d", work["key"], i%64)), Body: bytes.NewReader(body),
			})
			return err
		}
		result, err := client.GetObject(context.Background(), &oss.GetObjectRequest{
			Bucket: oss.Ptr(bucket), Key: oss.Ptr(fmt.Sprintf("%s/size-%d", work["key"], len(body))),
		})
		if err != nil {
			return err
		}
		defer result.Body.Close()
		got, err := io.ReadAll(result.Body)
		if err == nil && len(got) != len(body) {
			err = errors.New("the answer has the wrong length")
		}
		return err
	})
	return count * int64(len(body)), count, err
}

func folder(client *oss.Client, work job) (int64, int64, error) {
	count := work.number("operations")
	if err := os.MkdirAll(work["file"], 0o755); err != nil {
		return 0, 0, err
	}
	err := each(count, work.number("parallel"), func(i int64) error {
		name := fmt.Sprintf("file-%06d", i)
		key, path := oss.Ptr(work["key"]+"/"+name), filepath.Join(work["file"], name)
		var err error
		if work["workload"] == "folder-up" {
			_, err = client.PutObjectFromFile(context.Background(), &oss.PutObjectRequest{Bucket: oss.Ptr(bucket), Key: key}, path)
		} else {
			_, err = client.GetObjectToFile(context.Background(), &oss.GetObjectRequest{Bucket: oss.Ptr(bucket), Key: key}, path)
		}
		return err
	})
	return count * work.number("length"), count, err
}

// each runs work for 0 … count-1, some at a time.
func each(count, parallel int64, work func(int64) error) error {
	var next atomic.Int64
	var lanes sync.WaitGroup
	failures := make(chan error, parallel)
	for range parallel {
		lanes.Add(1)
		go func() {
			defer lanes.Done()
			for i := next.Add(1) - 1; i < count; i = next.Add(1) - 1 {
				if err := work(i); err != nil {
					failures <- err
					return
				}
			}
		}()
	}
	lanes.Wait()
	close(failures)
	return <-failures
}

func length(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func times() (float64, float64) {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	seconds := func(time syscall.Timeval) float64 { return float64(time.Sec) + float64(time.Usec)/1e6 }
	return seconds(usage.Utime), seconds(usage.Stime)
}

// peak is the most memory the process has held: the kernel's figure for it alone.
func peak() int64 {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			kibibytes, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kibibytes * 1024
		}
	}
	return 0
}
