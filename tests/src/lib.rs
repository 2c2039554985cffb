//! Owns what whole-program tests share: starting the real binary, and speaking to it as a stranger would.
