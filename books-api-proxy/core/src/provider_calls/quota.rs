//! Which providers have a key.

use crate::manifest::{GOOGLE_BOOKS_API_KEY, GOOGLE_BOOKS_IOSKEY};
use crate::platform::Platform;

pub fn has_google_key(platform: &impl Platform) -> bool {
    platform.has(GOOGLE_BOOKS_API_KEY) || platform.has(GOOGLE_BOOKS_IOSKEY)
}
