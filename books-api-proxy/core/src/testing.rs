//! What the tests of this crate share beside `testkit`.

pub mod fake_ports;
pub mod odd;
