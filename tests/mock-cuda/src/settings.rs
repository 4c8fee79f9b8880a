//! What environment variables say.

use std::path::PathBuf;

/// See the crate's documentation.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) log: Option<PathBuf>,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) seed: u64,
    pub(crate) faults_nan: bool,
    pub(crate) devices: i32,
    pub(crate) capability: (i32, i32),
    pub(crate) version: i32,
}

impl Settings {
    pub(crate) fn read() -> Self {
        let text = |name: &str| std::env::var(format!("ARCHC_MOCK_CUDA_{name}")).ok();
        let path = |name: &str| std::env::var_os(format!("ARCHC_MOCK_CUDA_{name}")).map(PathBuf::from);
        let capability = text("CAPABILITY").and_then(|c| {
            let (major, minor) = c.split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        });
        Self {
            log: path("LOG"),
            trace: path("TRACE"),
            seed: text("SEED").and_then(|s| s.parse().ok()).unwrap_or(0),
            faults_nan: text("NAN").is_some_and(|n| n == "1"),
            devices: text("DEVICES").and_then(|n| n.parse().ok()).unwrap_or(1),
            capability: capability.unwrap_or((8, 0)),
            version: text("VERSION").and_then(|n| n.parse().ok()).unwrap_or(12090),
        }
    }

    /// The newest version of PTX that the driver knows: 8.0 came with CUDA 12.0, 9.0 with 13.0.
    pub(crate) fn newest_ptx(&self) -> (i32, i32) {
        let (major, minor) = (self.version / 1000, self.version % 1000 / 10);
        // There was no CUDA 12.7, and 12.8 had 8.7.
        let skipped = i32::from(major == 12 && minor > 6);
        match major {
            12 => (8, minor - skipped),
            _ => (major - 4, minor),
        }
    }
}
