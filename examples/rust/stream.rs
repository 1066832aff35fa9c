//! The bound of a run, step by step, from Rust: no crate, only the C interface.
use std::ffi::{c_char, c_double, c_int, c_void, CStr, CString};
use std::ptr::null_mut;

#[repr(C)]
struct Error {
    code: c_int,
    message: *const c_char,
    name: *const c_char,
    index: i64,
    value: *const c_char,
    requirement: *const c_char,
    source: *const c_char,
    line: i64,
    column: i64,
}

extern "C" {
    fn scheduled_parse(spec: *const c_char, default_steps: i64, schedule: *mut *mut c_void) -> c_int;
    fn scheduled_free(schedule: *mut c_void);
    fn scheduled_rate(schedule: *const c_void, step: i64) -> c_double;
    fn scheduled_last_error() -> *const Error;
    fn scheduled_stream_create(distance: c_double, stream: *mut *mut c_void) -> c_int;
    fn scheduled_stream_free(stream: *mut c_void);
    fn scheduled_stream_push(stream: *mut c_void, lr: c_double, grad_norm: c_double, bound: *mut c_double) -> c_int;
    fn scheduled_stream_save(stream: *const c_void, text: *mut c_char, size: i64) -> i64;
    fn scheduled_stream_restore(text: *const c_char, stream: *mut *mut c_void) -> c_int;
}

fn check(code: c_int) -> Result<(), String> {
    if code == 0 {
        return Ok(());
    }
    // The texts are never null and stay until the next failure of this thread.
    let error = unsafe { &*scheduled_last_error() };
    assert_eq!(error.code, code);
    Err(unsafe { CStr::from_ptr(error.message) }.to_string_lossy().into_owned())
}

struct Schedule(*mut c_void);

impl Schedule {
    fn parse(spec: &str) -> Result<Self, String> {
        let spec = CString::new(spec).map_err(|e| e.to_string())?;
        let mut schedule = null_mut();
        check(unsafe { scheduled_parse(spec.as_ptr(), 0, &mut schedule) })?;
        Ok(Self(schedule))
    }
    fn rate(&self, step: i64) -> f64 {
        unsafe { scheduled_rate(self.0, step) }
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        unsafe { scheduled_free(self.0) }
    }
}

struct Stream(*mut c_void);

impl Stream {
    fn new(distance: f64) -> Result<Self, String> {
        let mut stream = null_mut();
        check(unsafe { scheduled_stream_create(distance, &mut stream) })?;
        Ok(Self(stream))
    }
    fn push(&mut self, lr: f64, grad_norm: f64) -> Result<f64, String> {
        let mut bound = 0.0;
        check(unsafe { scheduled_stream_push(self.0, lr, grad_norm, &mut bound) })?;
        Ok(bound)
    }
    fn save(&self) -> CString {
        let length = unsafe { scheduled_stream_save(self.0, null_mut(), 0) };
        let mut text = vec![0u8; usize::try_from(length).unwrap() + 1];
        unsafe { scheduled_stream_save(self.0, text.as_mut_ptr().cast(), length + 1) };
        CString::from_vec_with_nul(text).unwrap()
    }
    fn restore(text: &CStr) -> Result<Self, String> {
        let mut stream = null_mut();
        check(unsafe { scheduled_stream_restore(text.as_ptr(), &mut stream) })?;
        Ok(Self(stream))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        unsafe { scheduled_stream_free(self.0) }
    }
}

fn main() -> Result<(), String> {
    let schedule = Schedule::parse("cosine(steps=301, peak=0.05)")?;
    let mut run = Stream::new(1.0)?;
    for step in 0..200 {
        run.push(schedule.rate(step), 1.0)?;
    }
    let mut resumed = Stream::restore(&run.save())?; // in another process, say
    for step in 200..300 {
        let bound = run.push(schedule.rate(step), 1.0)?;
        assert_eq!(resumed.push(schedule.rate(step), 1.0)?, bound);
    }
    println!("bound after 300 steps: {:.6}", run.push(0.0, 1.0)?);
    println!("refused: {}", run.push(-1.0, 1.0).unwrap_err());
    println!("refused: {}", Schedule::parse("cosine(steps=0)").err().unwrap());
    Ok(())
}
