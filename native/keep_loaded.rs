//! Keeps the library in memory for good.
//!
//! Node unloads an addon when the last worker that loaded it ends. The pool's threads live on and would then run code that
//! is no longer there.

use std::sync::Once;

/// Makes unloading impossible. Cheap after the first call.
pub fn keep_loaded() {
    static DONE: Once = Once::new();
    DONE.call_once(platform::keep);
}

#[cfg(unix)]
mod platform {
    use std::mem::MaybeUninit;

    pub fn keep() {
        let mut library = MaybeUninit::<libc::Dl_info>::zeroed();
        // SAFETY: the address is of code in this library, and `dladdr` fills the structure when it answers other than 0.
        // Opening a library that is loaded already runs no code; its handle is never closed, by intent.
        unsafe {
            if libc::dladdr(keep as *const libc::c_void, library.as_mut_ptr()) != 0 {
                let name = library.assume_init().dli_fname;
                libc::dlopen(
                    name,
                    libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE,
                );
            }
        }
    }
}

#[cfg(windows)]
mod platform {
    use std::ffi::c_void;
    use std::ptr;

    const FROM_ADDRESS: u32 = 4;
    const PIN: u32 = 1;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
    }

    pub fn keep() {
        let mut module = ptr::null_mut();
        // SAFETY: the address is of code in this module; the handle it writes is not used.
        unsafe { GetModuleHandleExW(FROM_ADDRESS | PIN, keep as *const c_void, &mut module) };
    }
}

#[cfg(not(any(unix, windows)))]
mod platform {
    pub fn keep() {}
}
