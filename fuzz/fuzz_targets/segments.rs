#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ferross::fuzzing::segments(data));
