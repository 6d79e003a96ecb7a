//! Who may do what in a project.

#![allow(dead_code, reason = "it is read by the family, which comes with the door")]

mod effective;
mod member;
mod policy;
