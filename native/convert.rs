//! Arguments from JavaScript. TypeScript has checked them; what is checked here again keeps memory safe.

use std::ptr::{self, NonNull};

use napi::bindgen_prelude::{FromNapiValue, ToNapiValue, TypeName, ValidateNapiValue};
use napi::{Error, Result, Status, ValueType, sys};
use zeroize::Zeroizing;

/// Largest integer every smaller neighbour of which a JavaScript number can hold.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

fn check(status: sys::napi_status, expectation: &str) -> Result<()> {
    if status == sys::Status::napi_ok {
        Ok(())
    } else {
        Err(Error::new(Status::InvalidArg, expectation.to_owned()))
    }
}

/// Bytes of a `Uint8Array`, borrowed for the length of a call.
pub struct Bytes {
    value: sys::napi_value,
    start: NonNull<u8>,
    length: usize,
}

impl Bytes {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: Node-API gave start and length of live memory, and nothing detaches it while the call lasts.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// The bytes, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as in `as_slice`; the script that could look at them is waiting for this call.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }

    /// How many there are.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Whether any byte belongs to both.
    pub fn overlaps(&self, other: &Bytes) -> bool {
        let (a, b) = (self.start.as_ptr() as usize, other.start.as_ptr() as usize);
        a < b + other.length && b < a + self.length
    }

    /// The JavaScript value, to hold on to it.
    pub fn value(&self) -> sys::napi_value {
        self.value
    }

    /// The bytes for use on another thread. The caller must keep the value alive meanwhile.
    pub fn detach(&self) -> RemoteBytes {
        RemoteBytes {
            start: self.start,
            length: self.length,
        }
    }
}

impl TypeName for Bytes {
    fn type_name() -> &'static str {
        "Uint8Array"
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ValidateNapiValue for Bytes {}

impl FromNapiValue for Bytes {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let mut kind = -1;
        let mut length = 0;
        let mut data = ptr::null_mut();
        // SAFETY: napi-rs passes a live environment and value; the pointers are locals.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                env,
                value,
                &mut kind,
                &mut length,
                &mut data,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        check(status, "a Uint8Array is expected")?;
        if kind != sys::TypedarrayType::uint8_array {
            return Err(Error::new(
                Status::InvalidArg,
                "a Uint8Array is expected".to_owned(),
            ));
        }
        // Empty and detached arrays may have no memory.
        let start = NonNull::new(data.cast::<u8>());
        Ok(Bytes {
            value,
            length: if start.is_some() { length } else { 0 },
            start: start.unwrap_or(NonNull::dangling()),
        })
    }
}

/// Bytes owned by JavaScript that a job works on. Only [`crate::environment::Environment::submit`] lets jobs touch them: it
/// keeps the owner alive until the job has ended, and waits for the job before the environment goes away.
pub struct RemoteBytes {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: a plain address range; the contract between the package's TypeScript and the engine gives the range to one job.
unsafe impl Send for RemoteBytes {}

impl RemoteBytes {
    /// The bytes.
    ///
    /// # Safety
    /// The job must have been submitted together with the value the bytes came from.
    #[cfg(unix)]
    pub unsafe fn as_slice(&self) -> &[u8] {
        // SAFETY: the owner is alive (see above), and JavaScript does not change the bytes until the job settles.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// The bytes, to be changed.
    ///
    /// # Safety
    /// The job must have been submitted together with the value the bytes came from.
    pub unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: the owner is alive (see above), and JavaScript leaves the bytes to the job until it settles.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

macro_rules! converted {
    ($type:ident, $name:literal, $kind:ident) => {
        impl TypeName for $type {
            fn type_name() -> &'static str {
                $name
            }
            fn value_type() -> ValueType {
                ValueType::$kind
            }
        }
        impl ValidateNapiValue for $type {}
    };
}

/// A checksum: a `bigint` of 64 bits.
pub struct Checksum(pub u64);
converted!(Checksum, "bigint", BigInt);

impl FromNapiValue for Checksum {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let (mut number, mut lossless) = (0, false);
        // SAFETY: napi-rs passes a live environment and value; the pointers are locals.
        let status =
            unsafe { sys::napi_get_value_bigint_uint64(env, value, &mut number, &mut lossless) };
        check(status, "a bigint is expected")?;
        if lossless {
            Ok(Checksum(number))
        } else {
            Err(Error::new(
                Status::InvalidArg,
                "a bigint of 64 bits is expected".to_owned(),
            ))
        }
    }
}

/// A length or position in bytes: a `number` that is a safe integer and not negative.
#[derive(Clone, Copy)]
pub struct Position(pub u64);
converted!(Position, "number", Number);

impl FromNapiValue for Position {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let mut number = 0.0;
        // SAFETY: napi-rs passes a live environment and value; the pointer is a local.
        check(
            unsafe { sys::napi_get_value_double(env, value, &mut number) },
            "a number is expected",
        )?;
        position(number).map(Position).ok_or_else(|| {
            Error::new(
                Status::InvalidArg,
                "a safe integer, not negative, is expected".to_owned(),
            )
        })
    }
}

/// The position that a number stands for.
pub(crate) fn position(number: f64) -> Option<u64> {
    let whole = (0.0..=MAX_SAFE_INTEGER).contains(&number) && number.fract() == 0.0;
    whole.then_some(number as u64)
}

/// Secret or short bytes on their way to JavaScript: copied into a new `Buffer`, then wiped.
pub struct Answer(pub Zeroizing<Vec<u8>>);

impl ToNapiValue for Answer {
    unsafe fn to_napi_value(env: sys::napi_env, answer: Self) -> Result<sys::napi_value> {
        let mut value = ptr::null_mut();
        let bytes = answer.0;
        // SAFETY: napi-rs and `Environment` pass a live environment; the bytes are copied during the call.
        let status = unsafe {
            sys::napi_create_buffer_copy(
                env,
                bytes.len(),
                bytes.as_ptr().cast(),
                ptr::null_mut(),
                &mut value,
            )
        };
        check(status, "no memory for the answer")?;
        Ok(value)
    }
}
