//! How long a model of ResNet-50 takes to load, on one thread: `cargo bench -p archc-zoo-tests --bench loading`.

use archc_weights::seeded;
use archc_zoo_tests::graph;
use std::time::Instant;

archc_runtime::include_model!(resnet50);

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("resnet50.safetensors");
    seeded::store(&graph("resnet50"), "archc").save(&path).expect("the weights are written");
    let load = || drop(resnet50::Model::load(&path).expect("they load"));
    print("load and pack", load);
}

/// The median of eleven times.
fn print(what: &str, mut action: impl FnMut()) {
    let mut times: Vec<f64> = (0..11)
        .map(|_| {
            let start = Instant::now();
            action();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{what}: {:.1} ms median, {:.1} at best", times[times.len() / 2], times[0]);
}
