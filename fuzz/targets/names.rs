//! Any text as a name map, over the tensors that it lists behind a line `---`: it ends, without a panic; errors name a line of
//! the text; what fits gives every tensor of the network one of the list, of its size, once.
#![no_main]

mod network;

use archc_weights::{Framework, NameMap, map_names};
use libfuzzer_sys::fuzz_target;
use network::GRAPH;
use std::collections::BTreeSet;

fuzz_target!(|text: &str| {
    let (map, list) = text.split_once("\n---\n").unwrap_or((text, ""));
    let map = match NameMap::parse(map) {
        Ok(map) => map,
        Err(errors) => {
            let lines = map.lines().count();
            assert!(!errors.is_empty() && errors.iter().all(|e| (1..=lines).contains(&e.line)), "{errors:?}");
            return;
        }
    };
    // `conv1/kernel 3 3 3 2`
    let theirs: Vec<(String, Vec<usize>)> = list
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, shape)| (name.to_owned(), shape.split(' ').filter_map(|n| n.parse().ok()).collect()))
        .collect();
    for framework in [Framework::Keras, Framework::Torch] {
        match map_names(&GRAPH, &map, framework, &theirs) {
            Err(errors) => assert!(!errors.0.is_empty() && !errors.to_string().is_empty()),
            Ok(mappings) => {
                // Others are numbers of the map.
                let made: Vec<_> =
                    mappings.iter().filter_map(|m| Some((m.theirs.as_deref()?, &m.ours))).collect();
                let used: BTreeSet<&str> = made.iter().map(|(name, _)| *name).collect();
                assert_eq!(used.len(), made.len());
                for (name, ours) in made {
                    let (_, shape) = theirs.iter().find(|(n, _)| n == name).expect("it is listed");
                    assert_eq!(shape.iter().product::<usize>(), ours.size());
                }
            }
        }
    }
});
