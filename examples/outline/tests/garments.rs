//! The program on the images of `samples/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn outline(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_outline")).args(arguments).output().unwrap()
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(name)
}

#[test]
fn both_networks_answer() {
    for (image, class) in [("ankle_boot.png", "Ankle boot"), ("trouser.png", "Trouser"), ("bag.png", "Bag")] {
        let out = outline(&[&sample(image)]);
        assert!(out.status.success(), "{image}: {}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8(out.stdout).unwrap();
        let (first, drawing) = text.split_once('\n').unwrap();
        assert!(first.starts_with(class) && first.ends_with(" %"), "{image}: {first}");
        assert_eq!(drawing.lines().count(), 28, "{image}");
        assert!(drawing.contains("##"), "{image}:\n{drawing}");
    }
}

#[test]
fn what_is_no_image_is_an_error() {
    let out = outline(&[&sample("no_such.png")]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("no_such.png"));
    assert_eq!(outline(&[]).status.code(), Some(2));
}
