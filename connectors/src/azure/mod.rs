//! How Azure is reached: tokens ([`credentials`]) and the door as Azure's own libraries see it ([`http_client`]).
//!
//! It deliberately reads no resource yet: what stands here serves the evidence store and the keys.

pub mod credentials;
pub mod http_client;
