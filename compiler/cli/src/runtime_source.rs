//! The source of the runtime, which archc carries in itself.

mod files {
    include!(concat!(env!("OUT_DIR"), "/runtime_files.rs"));
}

pub(crate) use files::{FILES, LOCK};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_stands_alone() {
        let manifest = FILES.iter().find(|(name, _)| *name == "Cargo.toml").map(|(_, text)| *text).unwrap();
        assert!(!manifest.contains(".workspace"), "a copy of the runtime has no workspace to inherit from");
        assert!(!manifest.contains("workspace = true"));
        assert!(!manifest.contains("tempfile"), "its tests stay here");
        assert!(FILES.iter().any(|(name, _)| *name == "src/lib.rs"));
    }
}
