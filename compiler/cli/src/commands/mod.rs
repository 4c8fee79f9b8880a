//! The commands, one file each.

pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod dump;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod gpu_predict;
pub(crate) mod import;
pub(crate) mod run;
pub(crate) mod summary;
pub(crate) mod tune;
pub(crate) mod verify;
