//! A golden's weights, on the way that those of users take: written as the framework's file, imported, read as safetensors.

use crate::golden::Golden;
use archc_core::ir::Graph;
use archc_weights::{MatchedBy, Options, Store, WeightsFile, match_tensors, write};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use tempfile::TempDir;

/// A file of safetensors with a golden's weights under archc's names; it is deleted with this value.
#[derive(Debug)]
pub struct ImportedWeights {
    folder: TempDir,
}

impl ImportedWeights {
    /// Writes and imports them. The framework's file is deleted again: the largest have half a gigabyte.
    ///
    /// # Panics
    /// If the network's weights and the golden's do not match each other by a map of the zoo.
    pub fn new(golden: &Golden, graph: &Graph) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let theirs = folder.path().join("theirs");
        golden.write_weights(&theirs);
        let file = WeightsFile::open(&theirs, golden.framework()).unwrap_or_else(|e| panic!("{e}"));
        let found = match_tensors(graph, golden.framework(), &file, &Options::default())
            .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(found.by, MatchedBy::ZooMap(expected_map(&golden.network)), "{}", graph.name);
        let weights = ImportedWeights { folder };
        let mut out = BufWriter::new(File::create(weights.path()).expect("a file"));
        write(&file, &found, &graph.name, &mut out).unwrap_or_else(|e| panic!("{e}"));
        out.flush().expect("the file is whole");
        drop(file);
        std::fs::remove_file(theirs).expect("the file is deleted");
        weights
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("weights.safetensors")
    }

    /// Its tensors.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn store(&self) -> Store {
        Store::load(&self.path()).unwrap_or_else(|e| panic!("{e}"))
    }
}

/// The map of the zoo that a golden's names are read by, whatever others would fit.
fn expected_map(network: &str) -> &'static str {
    match network {
        "EfficientNetB0" | "EfficientNetB4" => "EfficientNetB0.keras",
        "InceptionV3" => "InceptionV3.keras",
        "MobileNet" => "MobileNet.keras",
        "MobileNetV2" => "MobileNetV2.keras",
        "MobileNetV3Large" | "MobileNetV3Small" => "MobileNetV3Large.keras",
        "ResNet50" | "ResNet101" | "ResNet152" => "ResNet50.keras",
        "ResNet50V2" | "ResNet101V2" | "ResNet152V2" => "ResNet50V2.keras",
        "VGG16" | "VGG19" => "VGG16.keras",
        "Xception" => "Xception.keras",
        "alexnet" => "AlexNetTorch.torch",
        "alexnet_2012" => "AlexNet.torch",
        "efficientnet_b0" => "EfficientNetB0.torch",
        "inception_v3" => "InceptionV3.torch",
        "lenet5" => "LeNet5.torch",
        "mobilenet_v2" => "MobileNetV2.torch",
        "mobilenet_v3_large" => "MobileNetV3Large.torch",
        "resnet50" | "resnet101" | "resnet152" | "resnext50_32x4d" => "ResNet50.torch",
        "vgg11" | "vgg13" | "vgg16" | "vgg19" => "VGG16.torch",
        "vgg_a_lrn" => "VGG11LRN.torch",
        "vgg_c" => "VGG16C.torch",
        _ => panic!("{network} is not in the list of maps"),
    }
}
