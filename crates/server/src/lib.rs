//! Owns the HTTP API and the pages of a login: a strict gate in front, who may do what, the routes, and the shapes of answers.
//!
//! HTTP/1.1 only. It decides nothing about tokens: the keeper does. Callers beside the data directory (the command line) use the
//! same [`Service`] over a Unix socket or without any connection at all.

mod auth;
mod body;
mod browser;
mod calendar;
mod document;
mod fault;
mod finishing;
mod gate;
mod handler;
mod listen;
mod metrics;
mod page;
mod reply;
mod request;
mod route;
mod service;
mod text;
mod view;

pub use auth::{JwtSecret, JwtSecretFault};
pub use listen::{Limits, serve_capture, serve_tcp, serve_unix};
pub use reply::Response;
pub use request::{LOCAL_OWNER, Peer};
pub use service::{Service, Settings};
