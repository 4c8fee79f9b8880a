//! The zoo travels with archc: `use "zoo:blocks/resnet.arch"`, `archc build zoo:resnet50`; and by a net of one of its files,
//! `archc build zoo:resnet101`.

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
    "efficientnet.arch",
    "inception_v3.arch",
    "lenet5.arch",
    "mobilenet.arch",
    "mobilenet_v2.arch",
    "mobilenet_v3.arch",
    "resnet50.arch",
    "resnet50_v2.arch",
    "vgg16.arch",
    "xception.arch",
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

/// The names of all nets and aliases in the zoo, each with its file.
pub fn nets() -> impl Iterator<Item = (&'static str, &'static str)> {
    let in_file = |&(path, text): &(&'static str, &'static str)| {
        let named = |line: &'static str| line.strip_prefix("net ")?.split([' ', '(']).next();
        text.lines().filter_map(named).map(move |net| (path, net))
    };
    FILES.iter().flat_map(in_file)
}

/// The file that has a net, and the net's name there; letter case and `_` do not matter: `resnet50_torch`.
pub(super) fn find_net(name: &str) -> Option<(&'static str, &'static str)> {
    let plain = |name: &str| -> String {
        name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
    };
    let wanted = plain(name);
    nets().find(|(_, net)| plain(net) == wanted)
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

    #[test]
    fn nets_are_found_whatever_the_case() {
        for name in ["ResNet152Torch", "resnet152torch", "resnet152_torch"] {
            assert_eq!(find_net(name), Some(("resnet50.arch", "ResNet152Torch")));
        }
        assert_eq!(find_net("resnet"), None);
    }

    /// As the parser finds them, and one name is one net.
    #[test]
    fn every_net_is_listed_once() {
        let mut listed: Vec<String> = Vec::new();
        for (path, text) in FILES {
            let mut diagnostics = crate::diagnostic::Diagnostics::default();
            let id = crate::source::SourceMap::default().add(*path, *text);
            let file = crate::syntax::parse(id, text, &mut diagnostics);
            assert!(!diagnostics.has_errors(), "{path}");
            let parsed: Vec<&str> = file
                .items
                .iter()
                .filter_map(|item| match item {
                    crate::syntax::ast::Item::Net(net) => Some(net.name.value.as_str()),
                    crate::syntax::ast::Item::Alias(alias) => Some(alias.name.value.as_str()),
                    crate::syntax::ast::Item::Use(_) | crate::syntax::ast::Item::Block(_) => None,
                })
                .collect();
            let here: Vec<&str> = nets().filter(|(file, _)| file == path).map(|(_, net)| net).collect();
            assert_eq!(here, parsed, "{path}");
            listed.extend(here.iter().map(|net| net.to_lowercase()));
        }
        let count = listed.len();
        listed.sort();
        listed.dedup();
        assert_eq!(listed.len(), count);
    }
}
