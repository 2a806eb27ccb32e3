//! Files by position, on every platform: nothing here moves a shared file pointer.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::error::{Failure, is_a_directory};

/// What identifies the content of an open file.
#[derive(Clone, Copy)]
pub struct FileStat {
    /// Length in bytes.
    pub size: u64,
    /// Time of the last change, in milliseconds since 1970, counted as Node counts.
    pub modified_ms: f64,
}

/// Opens a file for reading. Directories are refused; a pipe does not wait for its writer.
pub fn open_for_reading(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.read(true);
    without_waiting(&mut options);
    let file = open(&options, path)?;
    let metadata = file.metadata().map_err(Failure::system("fstat"))?;
    if metadata.is_dir() {
        return Err(Failure::system("open")(is_a_directory()));
    }
    Ok(file)
}

/// Opens a file for writing and gives it `size` bytes. It must exist if `existing`, else it must not.
pub fn open_for_writing(path: &Path, size: u64, existing: bool) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(!existing);
    without_waiting(&mut options);
    let file = open(&options, path)?;
    match set_size(&file, size) {
        Ok(()) => Ok(file),
        Err(failure) => {
            if !existing {
                drop(file);
                // The failure to report is the first one.
                let _ = fs::remove_file(path);
            }
            Err(failure)
        }
    }
}

/// Opens a file, with the system's errors as Node has them.
pub fn open(options: &OpenOptions, path: &Path) -> Result<File, Failure> {
    options.open(path).map_err(|error| {
        // Windows says "access denied" of directories.
        let directory =
            cfg!(windows) && error.kind() == ErrorKind::PermissionDenied && path.is_dir();
        Failure::system("open")(if directory { is_a_directory() } else { error })
    })
}

#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(libc::O_NONBLOCK);
}

#[cfg(not(unix))]
fn without_waiting(_: &mut OpenOptions) {}

/// Sets the length. The file is sparse: it takes no more room than what has arrived, and reserving blocks was measured to be
/// no quicker. A disk that is too small is noticed here all the same.
fn set_size(file: &File, size: u64) -> Result<(), Failure> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    linux::check_space(file, size).map_err(Failure::system("ftruncate"))?;
    file.set_len(size).map_err(Failure::system("ftruncate"))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use std::fs::File;
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::MetadataExt;

    /// Fails when the disk is too small for the file.
    pub fn check_space(file: &File, size: u64) -> io::Result<()> {
        let mut stat = MaybeUninit::<libc::statvfs>::zeroed();
        // SAFETY: the descriptor is open, and the structure is filled when the call succeeds.
        let stat = unsafe {
            if libc::fstatvfs(file.as_raw_fd(), stat.as_mut_ptr()) != 0 {
                return Ok(());
            }
            stat.assume_init()
        };
        #[allow(
            clippy::unnecessary_cast,
            reason = "the width of the fields depends on the platform"
        )]
        let (blocks, free) = (
            stat.f_blocks as u64,
            (stat.f_bavail as u64).saturating_mul(stat.f_frsize as u64),
        );
        let needed = size.saturating_sub(file.metadata()?.blocks() * 512);
        // Some file systems do not know their size.
        if blocks > 0 && needed > free {
            Err(io::Error::from_raw_os_error(libc::ENOSPC))
        } else {
            Ok(())
        }
    }
}

/// Length and change time now.
pub fn stat(file: &File) -> Result<FileStat, Failure> {
    let metadata = file.metadata().map_err(Failure::system("fstat"))?;
    Ok(stat_of(&metadata))
}

/// Length and change time of a file whose metadata is known.
pub fn stat_of(metadata: &fs::Metadata) -> FileStat {
    FileStat {
        size: metadata.len(),
        modified_ms: modified_ms(metadata),
    }
}

#[cfg(unix)]
fn modified_ms(metadata: &fs::Metadata) -> f64 {
    use std::os::unix::fs::MetadataExt;
    metadata.mtime() as f64 * 1e3 + metadata.mtime_nsec() as f64 / 1e6
}

#[cfg(not(unix))]
fn modified_ms(metadata: &fs::Metadata) -> f64 {
    let since = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or(0.0, |since| {
        since.as_secs() as f64 * 1e3 + f64::from(since.subsec_nanos()) / 1e6
    })
}

/// Fills `buffer` from `offset`, or less at the end of the file. Returns how much.
pub fn read_full(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match read_at(file, &mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Writes all of `data` at `offset`.
pub fn write_full(file: &File, mut data: &[u8], mut offset: u64) -> io::Result<()> {
    while !data.is_empty() {
        match write_at(file, data, offset) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => {
                data = &data[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(unix)]
use std::os::unix::fs::FileExt;
#[cfg(windows)]
use std::os::windows::fs::FileExt;

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

#[cfg(unix)]
fn write_at(file: &File, data: &[u8], offset: u64) -> io::Result<usize> {
    file.write_at(data, offset)
}

// These move the file pointer too, which nobody uses.
#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

#[cfg(windows)]
fn write_at(file: &File, data: &[u8], offset: u64) -> io::Result<usize> {
    file.seek_write(data, offset)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A folder that goes away with the value.
    pub struct Folder(PathBuf);

    impl Folder {
        pub fn new() -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path =
                std::env::temp_dir().join(format!("ferross-{}-{number}", std::process::id()));
            fs::create_dir(&path).expect("the temporary folder can be written");
            Folder(path)
        }

        pub fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn code<T>(result: Result<T, Failure>) -> &'static str {
        result.err().expect("it fails").code()
    }

    #[test]
    fn directories_and_missing_files_are_refused() {
        let folder = Folder::new();
        assert_eq!(code(open_for_reading(&folder.path("."))), "EISDIR");
        assert_eq!(code(open_for_reading(&folder.path("missing"))), "ENOENT");
        assert_eq!(
            code(open_for_writing(&folder.path("missing"), 1, true)),
            "ENOENT"
        );
        assert_eq!(code(open_for_writing(&folder.path("."), 1, true)), "EISDIR");
        fs::write(folder.path("old"), "old").expect("the folder can be written");
        assert_eq!(
            code(open_for_writing(&folder.path("old"), 1, false)),
            "EEXIST"
        );
    }

    #[test]
    fn a_size_no_disk_has_is_refused_and_leaves_no_file() {
        let folder = Folder::new();
        assert!(open_for_writing(&folder.path("huge"), 1 << 62, false).is_err());
        assert!(!folder.path("huge").exists());
    }

    #[test]
    fn new_files_have_their_size_and_old_ones_their_content() {
        let folder = Folder::new();
        let path = folder.path("file");
        let file = open_for_writing(&path, 1000, false).expect("the folder can be written");
        write_full(&file, b"end", 997).expect("there is room");
        drop(file);
        let file = open_for_writing(&path, 1000, true).expect("it exists now");
        assert_eq!(stat(&file).expect("it is open").size, 1000);
        let file = open_for_reading(&path).expect("it exists now");
        let mut buffer = [1; 10];
        assert_eq!(
            read_full(&file, &mut buffer, 993).expect("it is readable"),
            7
        );
        assert_eq!(&buffer, b"\0\0\0\0end\x01\x01\x01");
    }
}
