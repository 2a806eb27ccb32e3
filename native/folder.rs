//! Folders that are held open, and files that are put into them by name.
//!
//! A name in an open folder leads nowhere else: whoever replaces the folder, or one above it, by a link while files are written
//! gets none of them. No name with a `/` in it is taken, and no link is followed.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use napi::{Env, Error, Result, Status};
use napi_derive::napi;

use crate::convert::Bytes;
use crate::engine::Engine;
use crate::environment::{Environment, Promise};
use crate::error::{Failure, is_a_directory};
use crate::small_file::Outcomes;
use crate::stop::{Cancellation, Stop};

/// What a folder is opened with: a mere handle where the system has such a thing, so that no right to list it is needed.
#[cfg(any(target_os = "linux", target_os = "android"))]
const HANDLE: libc::c_int = libc::O_PATH;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const HANDLE: libc::c_int = libc::O_RDONLY;

/// A folder, and how it was come by.
struct Place {
    handle: OwnedFd,
    identity: Identity,
    /// The folder it was opened in; for the first one there is none, and `name` is a whole path.
    above: Option<Arc<Place>>,
    name: CString,
}

/// Device and inode.
type Identity = (libc::dev_t, libc::ino_t);

/// An open folder.
#[napi]
pub struct Folder {
    environment: Arc<Environment>,
    place: Option<Arc<Place>>,
}

/// What became of a file that was to be written.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Written = 0,
    /// There is a file of that name already; nothing was done.
    Exists = 1,
    /// The folder is not any more where it was opened; nothing was done.
    Moved = 2,
}

/// A file that is to be written.
#[napi(object, object_to_js = false)]
pub struct NewFile {
    /// Its name.
    pub name: String,
    /// The name that it has until it is complete.
    pub temporary: String,
    /// Whether its bytes are to be on the disk before it gets its name.
    pub synchronised: bool,
    /// Time of its last change, in milliseconds since 1970.
    pub modified_ms: Option<f64>,
    /// Whether it takes the place of another one.
    pub replace: bool,
}

impl Folder {
    /// Opens a folder by its path, which must not be a link; runs on a pool thread.
    pub fn open_path(
        environment: Arc<Environment>,
        path: &str,
    ) -> std::result::Result<Self, Failure> {
        let place = Place::open(None, Path::new(path).as_os_str().as_bytes())?;
        Ok(Folder {
            environment,
            place: Some(Arc::new(place)),
        })
    }

    fn place(&self) -> Result<Arc<Place>> {
        self.place
            .clone()
            .ok_or_else(|| Error::new(Status::GenericFailure, "the folder is closed".to_owned()))
    }
}

// Not beside the engine's other functions, because these are for every system.
#[napi]
impl Engine {
    /// Promise of a `Folder`, which is held open.
    #[napi(catch_unwind)]
    pub fn open_folder(&self, env: Env, path: String) -> Result<Promise> {
        let environment = self.environment.clone();
        let work = move || Folder::open_path(environment, &path);
        self.environment.submit(env, &[], None, move |_| work())
    }
}

#[napi]
impl Folder {
    /// Promise of the folder to which these names lead from here, one below the other.
    #[napi(catch_unwind)]
    pub fn open(&self, env: Env, names: Vec<String>) -> Result<Promise> {
        let (environment, place) = (self.environment.clone(), self.place()?);
        self.environment.submit(env, &[], None, move |_| {
            let mut place = place;
            for name in names {
                let name = plain(&name)?;
                place = Arc::new(Place::open(Some(place), name.as_bytes())?);
            }
            Ok(Folder {
                environment,
                place: Some(place),
            })
        })
    }

    /// Writes files, each under a temporary name and then its own. Promise of `Outcomes`: 0 for a file that is written, 1 where
    /// there is one already, 2 when the folder has moved.
    #[napi(catch_unwind)]
    pub fn write(
        &self,
        env: Env,
        files: Vec<NewFile>,
        bytes: Vec<Bytes>,
        cancellation: Option<&Cancellation>,
    ) -> Result<Promise> {
        let place = self.place()?;
        let mut remote: Vec<_> = bytes.iter().map(Bytes::detach).collect();
        self.environment
            .submit(env, &bytes, cancellation, move |stop| {
                let files = files.iter().zip(&mut remote);
                Ok(Outcomes::of(files.map(|(file, bytes)| {
                    // SAFETY: submitted together with the bytes.
                    let bytes = unsafe { bytes.as_mut_slice() };
                    let names = (plain(&file.name)?, plain(&file.temporary)?);
                    Ok(f64::from(place.write(names, bytes, file, stop)? as u8))
                })))
            })
    }

    /// Closes the folder, after what is under way in it.
    #[napi(catch_unwind)]
    pub fn close(&mut self) {
        self.place = None;
    }
}

/// A name for one thing in a folder.
fn plain(name: &str) -> std::result::Result<CString, Failure> {
    let invalid = || Failure::system("open")(io::Error::from_raw_os_error(libc::EINVAL));
    if name.is_empty() || name == "." || name == ".." || name.contains('/') {
        return Err(invalid());
    }
    CString::new(name).map_err(|_| invalid())
}

impl Place {
    fn open(above: Option<Arc<Place>>, name: &[u8]) -> std::result::Result<Self, Failure> {
        let failed = Failure::system("open");
        let Ok(name) = CString::new(name) else {
            return Err(failed(io::Error::from_raw_os_error(libc::EINVAL)));
        };
        let flags = HANDLE | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC;
        // SAFETY: the name ends in NUL, and the folder above is open.
        let handle = unsafe { libc::openat(handle_of(above.as_deref()), name.as_ptr(), flags) };
        if handle < 0 {
            return Err(failed(io::Error::last_os_error()));
        }
        // SAFETY: the descriptor is new and nobody else's.
        let handle = unsafe { OwnedFd::from_raw_fd(handle) };
        let mut found = MaybeUninit::<libc::stat>::zeroed();
        // SAFETY: the descriptor is open, and the structure is filled when the call succeeds.
        let found = unsafe {
            if libc::fstat(handle.as_raw_fd(), found.as_mut_ptr()) != 0 {
                return Err(Failure::system("fstat")(io::Error::last_os_error()));
            }
            found.assume_init()
        };
        let identity = (found.st_dev, found.st_ino);
        Ok(Place {
            handle,
            identity,
            above,
            name,
        })
    }

    /// Whether its path still leads here, over no link: otherwise what is written would not be where it is looked for.
    fn holds(&self) -> bool {
        let above = self.above.as_deref();
        let here = look(handle_of(above), &self.name)
            .is_ok_and(|found| (found.st_dev, found.st_ino) == self.identity);
        here && above.is_none_or(Place::holds)
    }

    fn write(
        &self,
        (name, temporary): (CString, CString),
        bytes: &[u8],
        settings: &NewFile,
        stop: &Stop,
    ) -> std::result::Result<Outcome, Failure> {
        if !self.holds() {
            return Ok(Outcome::Moved);
        }
        let folder = self.handle.as_raw_fd();
        match look(folder, &name) {
            Ok(found) => match found.st_mode & libc::S_IFMT {
                libc::S_IFDIR => return Err(Failure::system("open")(is_a_directory())),
                // A link is replaced, not followed, so where it leads does not matter.
                libc::S_IFLNK => {}
                _ if settings.replace => {}
                _ => return Ok(Outcome::Exists),
            },
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {}
            Err(error) => return Err(Failure::system("lstat")(error)),
        }
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC;
        // SAFETY: the name ends in NUL, and the folder is open.
        let file = unsafe { libc::openat(folder, temporary.as_ptr(), flags, 0o666) };
        if file < 0 {
            return Err(Failure::system("open")(io::Error::last_os_error()));
        }
        // SAFETY: the descriptor is new and nobody else's.
        let file = File::from(unsafe { OwnedFd::from_raw_fd(file) });
        let done = fill(file, bytes, settings, stop).and_then(|()| {
            // SAFETY: the names end in NUL, and the folder is open.
            let renamed =
                unsafe { libc::renameat(folder, temporary.as_ptr(), folder, name.as_ptr()) };
            if renamed == 0 {
                return Ok(Outcome::Written);
            }
            Err(Failure::system("rename")(io::Error::last_os_error()))
        });
        if done.is_err() {
            // SAFETY: as above. The failure to report is the first one.
            unsafe { libc::unlinkat(folder, temporary.as_ptr(), 0) };
        }
        done
    }
}

/// Gives a new file its content, its time, and a place on the disk; closes it.
fn fill(
    mut file: File,
    bytes: &[u8],
    settings: &NewFile,
    stop: &Stop,
) -> std::result::Result<(), Failure> {
    file.write_all(bytes).map_err(Failure::system("write"))?;
    if let Some(time) = settings.modified_ms {
        let time = timespec(time);
        // SAFETY: the descriptor is open, and the times are two.
        if unsafe { libc::futimens(file.as_raw_fd(), [time, time].as_ptr()) } != 0 {
            return Err(Failure::system("futime")(io::Error::last_os_error()));
        }
    }
    if settings.synchronised {
        file.sync_all().map_err(Failure::system("fsync"))?;
    }
    stop.check()
}

fn timespec(milliseconds: f64) -> libc::timespec {
    let seconds = (milliseconds / 1e3).floor();
    libc::timespec {
        tv_sec: seconds as libc::time_t,
        tv_nsec: ((milliseconds - seconds * 1e3) * 1e6) as _,
    }
}

fn handle_of(place: Option<&Place>) -> libc::c_int {
    place.map_or(libc::AT_FDCWD, |place| place.handle.as_raw_fd())
}

/// What a name stands for; a link for itself.
fn look(folder: libc::c_int, name: &CString) -> io::Result<libc::stat> {
    let mut found = MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: the name ends in NUL, and the structure is filled when the call succeeds.
    unsafe {
        let flags = libc::AT_SYMLINK_NOFOLLOW;
        if libc::fstatat(folder, name.as_ptr(), found.as_mut_ptr(), flags) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(found.assume_init())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::tests::Folder as Scratch;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, symlink};
    use std::sync::atomic::AtomicBool;

    fn settings(replace: bool) -> NewFile {
        NewFile {
            name: String::new(),
            temporary: String::new(),
            synchronised: true,
            modified_ms: Some(1_500_000_000_250.0),
            replace,
        }
    }

    fn open(path: &Path, names: &[&str]) -> std::result::Result<Place, Failure> {
        let mut place = Place::open(None, path.as_os_str().as_bytes())?;
        for name in names {
            place = Place::open(Some(Arc::new(place)), name.as_bytes())?;
        }
        Ok(place)
    }

    fn write(
        place: &Place,
        name: &str,
        settings: &NewFile,
    ) -> std::result::Result<Outcome, Failure> {
        let temporary = plain(&format!("{name}.tmp"));
        let names = (plain(name)?, temporary?);
        place.write(names, b"content", settings, &Stop::default())
    }

    fn names(path: &Path) -> Vec<String> {
        let entries = fs::read_dir(path).expect("the folder is readable");
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("it is readable").file_name();
        let mut names: Vec<_> = entries
            .map(|entry| name(entry).into_string().expect("it is text"))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_with_its_content_and_its_time() {
        let scratch = Scratch::new();
        let path = scratch.path(".");
        fs::create_dir_all(path.join("a/b")).expect("the folder can be written");
        let place = open(&path, &["a", "b"]).expect("it is there");
        let outcome = write(&place, "file", &settings(false)).expect("it is writable");
        assert_eq!(outcome, Outcome::Written);
        assert_eq!(names(&path.join("a/b")), ["file"]);
        let file = path.join("a/b/file");
        assert_eq!(fs::read(&file).expect("it is readable"), b"content");
        let found = fs::metadata(&file).expect("it is there");
        assert_eq!(
            (found.mtime(), found.mtime_nsec()),
            (1_500_000_000, 250_000_000)
        );
    }

    #[test]
    fn what_is_there_is_replaced_only_when_asked() {
        let scratch = Scratch::new();
        let path = scratch.path(".");
        fs::write(path.join("file"), "old").expect("the folder can be written");
        fs::write(path.join("kept"), "kept").expect("the folder can be written");
        symlink("kept", path.join("link")).expect("the folder can be written");
        fs::create_dir(path.join("folder")).expect("the folder can be written");
        let place = open(&path, &[]).expect("it is there");
        let outcome = |name, replace| write(&place, name, &settings(replace));
        assert_eq!(
            outcome("file", false).expect("it is writable"),
            Outcome::Exists
        );
        assert_eq!(fs::read(path.join("file")).expect("it is there"), b"old");
        assert_eq!(
            outcome("file", true).expect("it is writable"),
            Outcome::Written
        );
        assert_eq!(
            outcome("link", false).expect("it is writable"),
            Outcome::Written
        );
        assert_eq!(fs::read(path.join("kept")).expect("it is there"), b"kept");
        assert_eq!(
            outcome("folder", true).expect_err("it is one").code(),
            "EISDIR"
        );
        assert_eq!(names(&path), ["file", "folder", "kept", "link"]);
    }

    #[test]
    fn links_are_not_entered_and_names_lead_only_down() {
        let (scratch, outside) = (Scratch::new(), Scratch::new());
        let path = scratch.path(".");
        symlink(outside.path("."), path.join("link")).expect("the folder can be written");
        assert!(open(&path, &["link"]).is_err());
        for name in ["", ".", "..", "a/b", "/", "a\0b"] {
            assert_eq!(plain(name).expect_err("it is no name").code(), "EINVAL");
        }
    }

    #[test]
    fn a_folder_that_was_replaced_gets_nothing() {
        let (scratch, outside) = (Scratch::new(), Scratch::new());
        let path = scratch.path(".");
        fs::create_dir_all(path.join("a/b")).expect("the folder can be written");
        let place = open(&path, &["a", "b"]).expect("it is there");
        fs::rename(path.join("a"), path.join("was")).expect("the folder can be written");
        assert_eq!(
            write(&place, "file", &settings(false)).expect("no error"),
            Outcome::Moved
        );
        // Even where the link leads to the very folder: that may lie anywhere.
        symlink(path.join("was"), path.join("a")).expect("the folder can be written");
        assert_eq!(
            write(&place, "file", &settings(false)).expect("no error"),
            Outcome::Moved
        );
        fs::remove_file(path.join("a")).expect("the folder can be written");
        fs::create_dir_all(outside.path("b")).expect("the folder can be written");
        symlink(outside.path("."), path.join("a")).expect("the folder can be written");
        assert_eq!(
            write(&place, "file", &settings(false)).expect("no error"),
            Outcome::Moved
        );
        assert!(names(&outside.path("b")).is_empty());
        assert!(names(&path.join("was/b")).is_empty());
    }

    #[test]
    fn a_stopped_job_leaves_nothing() {
        let scratch = Scratch::new();
        let path = scratch.path(".");
        let place = open(&path, &[]).expect("it is there");
        let stop = Stop::with(Arc::new(AtomicBool::new(true)), None);
        let file = (plain("file").expect("a name"), plain("x").expect("a name"));
        let failure = place.write(file, b"content", &settings(false), &stop);
        assert!(matches!(failure, Err(Failure::Cancelled)));
        assert!(names(&path).is_empty());
    }
}
