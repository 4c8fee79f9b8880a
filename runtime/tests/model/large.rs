//! Tensors of more bytes than are read at once: every number arrives, folded and in its place.

use crate::network::{NETWORK, tensors};
use crate::safetensors::{entries, file};
use archc_runtime::Model;
use archc_runtime::layout::View;
use archc_runtime::spec::Network;
use archc_runtime::weights::Seeded;
use archc_runtime::weights::spec::{Group, Instance, Norm, Pack, Role, Tensor, dense_size};

const INPUTS: usize = 7 * 100;
const OUTPUTS: usize = 130;
const EPS: f64 = 1e-3;
const INPUT: View = View::blocked(7, 1, 100);

static GROUP: Group = Group {
    tensors: &[
        Tensor::new("weight", Role::Kernel, &[INPUTS, OUTPUTS]),
        Tensor::new("gamma", Role::Gamma, &[OUTPUTS]),
        Tensor::new("beta", Role::Beta, &[OUTPUTS]),
        Tensor::new("mean", Role::Mean, &[OUTPUTS]),
        Tensor::new("variance", Role::Variance, &[OUTPUTS]),
    ],
    packs: &[(0, Pack::Dense { weight: 0, bias: None, norms: &[Norm::scaled(1, EPS)], input: INPUT })],
    size: dense_size(&INPUT, OUTPUTS),
};

static LARGE: Network = Network {
    name: "Large",
    weights_size: GROUP.size,
    instances: &[Instance { prefix: "", first: 0, count: 1, group: &GROUP, offset: 0 }],
    ..NETWORK
};

#[test]
fn every_number_arrives() {
    let seeded = Seeded::new(&LARGE, "archc");
    let truth = tensors(&seeded);
    let mut all = entries(&seeded);
    let narrow = file(&all);
    for entry in &mut all {
        let wide = |b: &[u8; 4]| f64::from(f32::from_le_bytes(*b)).to_le_bytes();
        entry.bytes = entry.bytes.as_chunks().0.iter().flat_map(wide).collect();
        entry.dtype = "F64";
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.safetensors");
    std::fs::write(&path, file(&all)).unwrap();
    let models = [
        Model::from_bytes(&LARGE, &narrow).unwrap(),
        Model::load(&LARGE, &path).unwrap(),
        Model::seeded(&LARGE, "archc").unwrap(),
    ];
    for model in models {
        let mut expected = vec![0.0; GROUP.size];
        for c in 0..OUTPUTS {
            let scale = truth["gamma"][c] / (truth["variance"][c] + EPS).sqrt();
            for row in 0..INPUTS {
                let place = INPUT.index(row % 100, row / 100, 0);
                let number = truth["weight"][row * OUTPUTS + c] * scale;
                expected[(c / 16 * INPUT.image_size() + place) * 16 + c % 16] = number as f32;
            }
            let shift = truth["beta"][c] - truth["mean"][c] * scale;
            expected[OUTPUTS.next_multiple_of(16) * INPUT.image_size() + c] = shift as f32;
        }
        let differs = |(found, expected): (&f32, &f32)| (found - expected).abs() > expected.abs() * 1e-6;
        assert_eq!(model.weights().len(), expected.len());
        assert_eq!(model.weights().iter().zip(&expected).position(differs), None);
    }
}

#[test]
fn nan_is_found_wherever_it_is() {
    let all = entries(&Seeded::new(&LARGE, "archc"));
    for at in [0, 50_000, INPUTS * OUTPUTS - 1] {
        let mut all = all.clone();
        let weight = all.iter_mut().find(|e| e.name == "weight").unwrap();
        weight.bytes[4 * at..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
        let error = Model::from_bytes(&LARGE, &file(&all)).unwrap_err().to_string();
        assert!(error.starts_with(&format!("weight[{}, {}] is NaN", at / OUTPUTS, at % OUTPUTS)), "{error}");
    }
}
