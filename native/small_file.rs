//! Small files as one job each: what a folder of thousands of them costs is mostly going to another thread and back.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::ptr;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::ToNapiValue;
use napi::sys;

use crate::error::{Failure, is_a_directory};
use crate::file;

/// What became of several files, each by itself: a number, or why not. And how long it took.
pub struct Outcomes {
    each: Vec<Result<f64, Failure>>,
    took: Duration,
}

impl Outcomes {
    /// Does it, one after the other.
    pub fn of(work: impl Iterator<Item = Result<f64, Failure>>) -> Self {
        let began = Instant::now();
        let each = work.collect();
        Outcomes {
            each,
            took: began.elapsed(),
        }
    }
}

/// An array: for each file a number or an error, then the milliseconds.
impl ToNapiValue for Outcomes {
    unsafe fn to_napi_value(env: sys::napi_env, outcomes: Self) -> napi::Result<sys::napi_value> {
        let mut array = ptr::null_mut();
        let milliseconds = outcomes.took.as_secs_f64() * 1e3;
        let values = outcomes.each.into_iter().chain([Ok(milliseconds)]);
        // SAFETY: napi-rs and `Environment` pass a live environment, on its thread and inside a scope; the pointers are locals.
        unsafe {
            sys::napi_create_array_with_length(env, values.size_hint().0, &mut array);
            for (index, value) in (0..).zip(values) {
                let value = match value {
                    Ok(number) => f64::to_napi_value(env, number)?,
                    Err(failure) => failure.to_js(env),
                };
                sys::napi_set_element(env, array, index, value);
            }
        }
        Ok(array)
    }
}

/// Reads a whole file into the beginning of `buffer` and returns its length. Nothing when it does not fit, or is no regular
/// file. Fails with [`Failure::Changed`] when it is written to meanwhile: the bytes would be those of no state of it.
pub fn read(path: &Path, buffer: &mut [u8], follow: bool) -> Result<Option<usize>, Failure> {
    let file = open(path, follow)?;
    let metadata = file.metadata().map_err(Failure::system("fstat"))?;
    if metadata.is_dir() {
        return Err(Failure::system("open")(is_a_directory()));
    }
    let Ok(size) = usize::try_from(metadata.len()) else {
        return Ok(None);
    };
    if !metadata.is_file() || size > buffer.len() {
        return Ok(None);
    }
    let before = file::stat_of(&metadata);
    let count = file::read_full(&file, &mut buffer[..size], 0).map_err(Failure::system("read"))?;
    let after = file::stat(&file)?;
    if count < size || after.size != before.size || after.modified_ms != before.modified_ms {
        return Err(Failure::Changed);
    }
    Ok(Some(size))
}

fn open(path: &Path, follow: bool) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Opening a pipe must not wait for the other end.
        options.custom_flags(libc::O_NONBLOCK | if follow { 0 } else { libc::O_NOFOLLOW });
    }
    #[cfg(windows)]
    if !follow {
        use std::os::windows::fs::OpenOptionsExt;
        // FILE_FLAG_OPEN_REPARSE_POINT: a link is opened itself, and is no regular file.
        options.custom_flags(0x0020_0000);
    }
    file::open(&options, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::tests::Folder;

    #[test]
    fn files_that_fit_are_read_whole() {
        let folder = Folder::new();
        let mut buffer = [7; 10];
        for content in ["", "x", "0123456789"] {
            std::fs::write(folder.path("file"), content).expect("the folder can be written");
            let length = read(&folder.path("file"), &mut buffer, false).expect("it is readable");
            assert_eq!(length, Some(content.len()));
            assert_eq!(&buffer[..content.len()], content.as_bytes());
        }
        std::fs::write(folder.path("file"), "0123456789X").expect("the folder can be written");
        let length = read(&folder.path("file"), &mut buffer, false).expect("it is readable");
        assert_eq!(length, None);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_only_when_asked() {
        let folder = Folder::new();
        std::fs::write(folder.path("file"), "content").expect("the folder can be written");
        std::os::unix::fs::symlink(folder.path("file"), folder.path("link"))
            .expect("the folder can be written");
        let mut buffer = [0; 10];
        let read = |follow, buffer: &mut [u8]| read(&folder.path("link"), buffer, follow);
        assert_eq!(read(true, &mut buffer).expect("it is readable"), Some(7));
        let failure = read(false, &mut buffer).expect_err("it is a link");
        assert!(matches!(
            failure,
            Failure::System {
                syscall: "open",
                ..
            }
        ));
    }

    #[test]
    fn folders_and_missing_files_are_refused() {
        let folder = Folder::new();
        let code = |name: &str| {
            read(&folder.path(name), &mut [0; 10], true)
                .expect_err("it is no file")
                .code()
        };
        assert_eq!(code("."), "EISDIR");
        assert_eq!(code("missing"), "ENOENT");
    }
}
