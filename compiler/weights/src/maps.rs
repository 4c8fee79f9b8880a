//! The name maps that travel with archc, `archs/names`, and which of them a network may need.

use crate::framework::Framework;
use crate::names::NameMap;
use archc_core::ir::Graph;

/// Every file of `archs/names`, in alphabetical order. A test compares the list with the folder.
macro_rules! maps {
    ($($file:literal),* $(,)?) => {
        const FILES: &[(&str, &str)] = &[$(($file, include_str!(concat!("../../../archs/names/", $file)))),*];
    };
}

maps! {
    "AlexNet.torch",
    "AlexNetTorch.torch",
    "EfficientNetB0.keras",
    "EfficientNetB0.timm",
    "EfficientNetB0.torch",
    "EfficientNetLite0.torch",
    "InceptionV3.keras",
    "InceptionV3.torch",
    "LeNet5.torch",
    "MobileNet.keras",
    "MobileNetV2.keras",
    "MobileNetV2.timm",
    "MobileNetV2.torch",
    "MobileNetV3Large.keras",
    "MobileNetV3Large.timm",
    "MobileNetV3Large.torch",
    "MobileNetV3Small.timm",
    "MobileNetV3Small.torch",
    "ResNet50.keras",
    "ResNet50.torch",
    "ResNet50V2.keras",
    "VGG11LRN.torch",
    "VGG16.keras",
    "VGG16.timm",
    "VGG16.torch",
    "VGG16C.torch",
    "Xception.keras",
}

/// The maps that a network may need for a framework's weights, with their files' names. For each way in which the
/// framework's users name layers it is that of the net itself, or else of the nearest one that the net is an alias of.
pub fn maps(graph: &Graph, framework: Framework) -> Vec<(&'static str, NameMap)> {
    let find = |extension: &&str| {
        let nets = std::iter::once(&graph.name).chain(&graph.stands_for);
        nets.map(|net| format!("{net}.{extension}"))
            .find_map(|file| FILES.iter().copied().find(|(name, _)| *name == file))
    };
    let parsed = |(file, text)| Some((file, NameMap::parse(text).ok()?));
    framework.extensions().iter().filter_map(find).filter_map(parsed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_list_has_every_file_and_all_can_be_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../archs/names");
        let entries = std::fs::read_dir(root).expect("the folder of maps");
        let mut found: Vec<String> =
            entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        found.sort();
        assert_eq!(FILES.iter().map(|(file, _)| *file).collect::<Vec<_>>(), found);
        for (file, text) in FILES {
            let map = NameMap::parse(text);
            assert!(map.is_ok(), "{file}: {map:?}");
        }
    }

    #[test]
    fn aliases_share_maps() {
        let files = |name: &str, stands_for: &[&str], framework| -> Vec<&str> {
            let mut graph = Graph::new(name);
            graph.stands_for = stands_for.iter().map(|&s| s.to_owned()).collect();
            maps(&graph, framework).into_iter().map(|(file, _)| file).collect()
        };
        assert_eq!(files("VGG19Torch", &["VGG19", "VGG16"], Framework::Torch), ["VGG16.torch", "VGG16.timm"]);
        assert_eq!(files("VGG19", &["VGG16"], Framework::Keras), ["VGG16.keras"]);
        assert_eq!(files("VGG16C", &["VGG16"], Framework::Torch), ["VGG16C.torch", "VGG16.timm"]);
        assert_eq!(files("Mine", &[], Framework::Torch), [""; 0]);
    }
}
