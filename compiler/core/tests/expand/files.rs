//! `use`, the zoo, and files that are not as they should be.

use archc_core::diagnostic::Code;
use archc_core::expand::Request;

use crate::support::{Outcome, bytes, run_bytes, run_files};

fn run(files: &[(&str, &str)]) -> Outcome {
    run_files(&Request::new("archs/main.arch"), files)
}

#[test]
fn use_brings_the_blocks_of_another_file() {
    let outcome = run(&[
        ("archs/main.arch", "use \"blocks/unit.arch\" net N { input 8x8x4 unit(4) }"),
        ("archs/blocks/unit.arch", "use \"../act.arch\" block unit(width) { conv 1x1 width act() }"),
        ("archs/act.arch", "block act() { relu }"),
    ]);
    assert_eq!(outcome.files, ["archs/main.arch", "archs/blocks/unit.arch", "archs/act.arch"]);
    let graph = outcome.good();
    assert!(graph.find("unit1.act1.relu1").is_some());
}

#[test]
fn use_does_not_bring_what_that_file_uses() {
    run(&[
        ("archs/main.arch", "use \"b.arch\" net N { input 8x8x4 b() c() }"),
        ("archs/b.arch", "use \"c.arch\" block b() { c() }"),
        ("archs/c.arch", "block c() { relu }"),
    ])
    .only(
        Code::UnknownBlock,
        &["`archs/c.arch` defines it, but `use` does not bring", "add a `use` of `archs/c.arch`"],
    );
}

#[test]
fn nets_come_along_too() {
    let files = [
        ("archs/main.arch", "use \"b.arch\" net Small = Big(width=2)"),
        ("archs/b.arch", "net Big(width=8) { input 8x8x4 conv 1x1 width }"),
    ];
    let graph = run(&files).good();
    assert_eq!((graph.name.as_str(), graph.stands_for), ("Small", vec!["Big".to_owned()]));
    let request = Request { net: Some("Big".into()), ..Request::new("archs/main.arch") };
    assert_eq!(run_files(&request, &files).good().name, "Big");
    run(&[("archs/main.arch", "use \"b.arch\""), files[1]]).only(Code::NoNet, &["`--net Big`"]);
}

#[test]
fn the_zoo_travels_along() {
    let outcome = run(&[(
        "archs/main.arch",
        "use \"zoo:resnet50.arch\" net N { input 56x56x64 bottleneck(64, project=true) }",
    )]);
    assert_eq!(outcome.files, ["archs/main.arch"], "the zoo is not read from disk");
    let graph = outcome.good();
    assert!(graph.find("bottleneck1.residual1.shortcut.conv1").is_some());
    run(&[("archs/main.arch", "use \"zoo:resnet5\" net N { input 8x8x4 relu }")])
        .only(Code::FileNotFound, &["the zoo has no file `resnet5`", "did you mean `resnet50`?"]);
    run_files(&Request::new("zoo:resnet102"), &[]).only(
        Code::FileNotFound,
        &["the zoo has no file and no net `resnet102`", "did you mean `ResNet101`?"],
    );
    run_files(&Request::new("zoo:nothing"), &[]).only(Code::FileNotFound, &[]);
}

#[test]
fn files_that_are_not_there() {
    run(&[]).only(Code::FileNotFound, &["there is no file `archs/main.arch`", "zoo:"]);
    run(&[("archs/main.arch", "use \"x.arch\" net N { input 8x8x4 relu }")])
        .only(Code::FileNotFound, &["there is no file `archs/x.arch`", "relative to the file"]);
}

#[test]
fn files_that_are_not_text() {
    let request = Request::new("main.arch");
    run_bytes(&request, bytes(&[("main.arch", b"net N {\n\xff }")]))
        .only(Code::NotUtf8, &["the first wrong byte is number 9, in line 2"]);
    run_bytes(&request, bytes(&[("main.arch", &vec![b' '; (1 << 20) + 1])])).only(Code::FileTooLarge, &[]);
}

#[test]
fn circles_are_told() {
    run(&[
        ("archs/main.arch", "use \"b.arch\" net N { input 8x8x4 relu }"),
        ("archs/b.arch", "use \"c.arch\" block b() { relu }"),
        ("archs/c.arch", "use \"b.arch\" block c() { relu }"),
    ])
    .only(Code::UseCycle, &["`archs/b.arch` uses `archs/c.arch` uses `archs/b.arch`"]);
    run(&[("archs/main.arch", "use \"main.arch\" net N { input 8x8x4 relu }")])
        .only(Code::UseCycle, &["uses itself"]);
    // Two ways to one file are none.
    run(&[
        ("archs/main.arch", "use \"b.arch\" use \"c.arch\" net N { input 8x8x4 b() c() }"),
        ("archs/b.arch", "use \"d.arch\" block b() { d() }"),
        ("archs/c.arch", "use \"./d.arch\" block c() { d() }"),
        ("archs/d.arch", "block d() { relu }"),
    ])
    .good();
}

#[test]
fn names_are_defined_once() {
    run(&[("archs/main.arch", "block a() { relu } net a { input 8x8x4 relu }")])
        .only(Code::DuplicateDefinition, &["`a` is defined twice", "first defined here"]);
    run(&[
        ("archs/main.arch", "use \"b.arch\" use \"c.arch\" net N { input 8x8x4 x() }"),
        ("archs/b.arch", "block x() { relu }"),
        ("archs/c.arch", "block x() { tanh }"),
    ])
    .only(Code::DuplicateDefinition, &["`archs/c.arch` brings another", "one is defined here"]);
    run(&[
        ("archs/main.arch", "use \"b.arch\" block x() { relu } net N { input 8x8x4 x() }"),
        ("archs/b.arch", "block x() { relu }"),
    ])
    .only(Code::DuplicateDefinition, &[]);
    run(&[
        ("archs/main.arch", "use \"b.arch\" use \"b.arch\" net N { input 8x8x4 x() }"),
        ("archs/b.arch", "block x() { relu }"),
    ])
    .only(Code::UsedTwice, &["`archs/b.arch` is used twice"]);
}

#[test]
fn mistakes_of_every_file_are_reported() {
    let outcome = run(&[
        ("archs/main.arch", "use \"b.arch\" net N { input 8x8x4 conv 3x3 x }"),
        ("archs/b.arch", "block b() { conv 3x3 y }"),
    ]);
    assert_eq!(outcome.codes(), [Code::UnknownName, Code::UnknownName], "{}", outcome.text());
}

#[test]
fn there_are_not_too_many_files() {
    let names: Vec<String> = (0..70).map(|i| format!("f{i}.arch")).collect();
    let uses: String = names.iter().map(|n| format!("use \"{n}\"\n")).collect();
    let main = format!("{uses} net N {{ input 8x8x4 relu }}");
    let mut files: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "")).collect();
    files.push(("main.arch", &main));
    let outcome = run_files(&Request::new("main.arch"), &files);
    assert!(outcome.codes().iter().all(|&c| c == Code::TooManyFiles), "{}", outcome.text());
    assert!(outcome.graph.is_none());
}
