//! What a client and a server with given settings will do, worked out without running them:
//! no socket, no waiting.
//!
//! | part | question |
//! | --- | --- |
//! | [`timeline`] | what happens in a silence, moment by moment |
//! | [`notice`] | who notices which fault, by what, and how soon |
//! | [`cost`] | what an idle line costs |
//! | [`warnings`] | what is doubtful about the settings |
//! | [`kernel`] | what the kernel does on its own, on which all of them stand |
//!
//! [`Prediction`] puts the answers on a screen or two.

pub mod cost;
pub mod kernel;
pub mod notice;
mod text;
pub mod timeline;
pub mod warnings;
mod words;

pub use text::Prediction;
