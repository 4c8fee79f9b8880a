//! The zoo travels with archc: `use "zoo:blocks/resnet.arch"`, `archc build zoo:resnet50`.

/// Every file of `archs/`, by its path there, in alphabetical order. A test compares the list with the folder.
macro_rules! zoo {
    ($($path:literal),* $(,)?) => {
        /// Paths within `archs/`, and texts.
        pub(super) const FILES: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../../../../archs/", $path)))),*];
    };
}

zoo! {
    "alexnet.arch",
    "inception_v3.arch",
    "lenet5.arch",
    "mobilenet.arch",
    "mobilenet_v2.arch",
    "resnet50.arch",
    "vgg16.arch",
}

/// The full path and the text of a file of the zoo; `.arch` may be left out.
pub(super) fn find(path: &str) -> Option<(&'static str, &'static str)> {
    let full = |name: &str| name == path || name.strip_suffix(".arch") == Some(path);
    FILES.iter().copied().find(|(name, _)| full(name))
}

/// The names of the zoo's files, as `zoo:NAME` takes them, blocks left out.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().filter(|(path, _)| !path.contains('/')).filter_map(|(path, _)| path.strip_suffix(".arch"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn list(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("the zoo's folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                list(&path, found);
            } else if path.extension().is_some_and(|e| e == "arch") {
                found.push(path);
            }
        }
    }

    #[test]
    fn the_list_has_every_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../archs");
        let mut found = Vec::new();
        list(&root, &mut found);
        let mut found: Vec<String> = found
            .iter()
            .map(|p| p.strip_prefix(&root).expect("inside").to_string_lossy().replace('\\', "/"))
            .collect();
        found.sort();
        let listed: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(listed, found);
    }

    #[test]
    fn the_suffix_may_be_left_out() {
        assert_eq!(find("vgg16").map(|f| f.0), Some("vgg16.arch"));
        assert_eq!(find("vgg16.arch").map(|f| f.0), Some("vgg16.arch"));
        assert_eq!(find("vgg17"), None);
        assert!(names().any(|n| n == "resnet50"));
    }
}
