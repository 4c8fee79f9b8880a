//! What lowering does in place, and where it has to copy: small networks, each for one rule, compared with the
//! interpreter as written and behind the passes.

use archc_core::lir::{Kernel, Program};
use archc_lowered::harness::{check, fused, planned, written};

/// Checks a net of this body, and gives its program behind the passes.
fn program(body: &str) -> Program {
    let graph = written(&format!("net Test() {{ {body} }}"));
    check(&graph).unwrap_or_else(|message| panic!("{body}, as written: {message}"));
    let graph = fused(graph);
    check(&graph).unwrap_or_else(|message| panic!("{body}: {message}"));
    planned(&graph).unwrap().0
}

fn count(program: &Program, kernel: impl Fn(&Kernel) -> bool) -> usize {
    program.steps.iter().filter(|s| kernel(&s.kernel)).count()
}

fn copies(program: &Program) -> usize {
    count(program, |k| matches!(k, Kernel::Copy { .. }))
}

fn clears(program: &Program) -> usize {
    count(program, |k| *k == Kernel::Clear)
}

/// In how many buffers all the steps' values lie.
fn buffers(program: &Program) -> usize {
    program.buffers.len()
}

#[test]
fn an_unpadded_convolution_reads_the_input_itself() {
    let p = program("input 9x9x3  conv 3x3 20 pad=valid relu  conv 1x1 5");
    assert_eq!((copies(&p), clears(&p), p.steps.len()), (0, 0, 2));
}

#[test]
fn a_padded_one_reads_one_copy_with_a_border_for_all() {
    let p = program("input 9x9x3  let x  conv 3x3 4  let a  from x  conv 5x5 4  add a");
    assert_eq!((copies(&p), clears(&p)), (1, 1));
}

#[test]
fn the_halo_is_what_all_readers_need() {
    let p = program(
        "input 9x8x3  conv 1x1 20  let x  conv 3x3 6 stride=2 pad=same  let a
         from x  conv 1x5 6 stride=2 pad=same  add a",
    );
    let halo = p.buffers[1].layout.halo;
    assert_eq!((halo.top, halo.bottom, halo.left, halo.right), (1, 1, 1, 2));
    assert_eq!((copies(&p), clears(&p)), (0, 1));
}

#[test]
fn branches_are_written_into_their_concatenation() {
    let p = program(
        "input 7x7x8
         inception {
             branch { conv 1x1 5 relu }
             branch { conv 1x1 4  conv 3x3 19 relu }
             branch { maxpool 3 stride=1 pad=1  conv 1x1 9 }
         }
         conv 3x3 6",
    );
    assert_eq!(copies(&p), 0);
    assert!(p.buffers.iter().any(|b| b.channels == 33 && !b.layout.halo.is_none()));
}

#[test]
fn nested_concatenations_are_one_buffer() {
    let p = program(
        "input 6x6x4  conv 1x1 20  let x
         conv 3x3 12 relu  let a  from x  concat a  let c
         conv 3x3 12 relu  let b  from c  concat b  let d
         conv 3x3 12 relu  let e  from d  concat e
         conv 1x1 7",
    );
    assert_eq!((copies(&p), clears(&p)), (0, 1));
    assert_eq!(buffers(&p), 3);
}

#[test]
fn a_part_that_has_a_place_is_copied() {
    let twice = program("input 6x6x4  conv 1x1 5 relu  let x  concat x  conv 1x1 3");
    assert_eq!(copies(&twice), 1);
    let shared = program(
        "input 6x6x4  conv 1x1 5 relu  let x  conv 1x1 3  let a  conv 1x1 2  let b
         from x  concat a  conv 1x1 4  let c
         from x  concat b  conv 1x1 4  add c",
    );
    assert_eq!(copies(&shared), 1);
    let input = program("input 6x6x4  let x  conv 1x1 5  concat x  conv 1x1 3");
    assert_eq!(copies(&input), 1);
}

#[test]
fn zeros_around_a_plane_need_no_copy() {
    let p = program("input 8x8x3  conv 1x1 20 relu  zeropad 1  maxpool 3 stride=2  conv 1x1 4");
    assert_eq!((copies(&p), clears(&p)), (0, 1));
    let read_inside = program(
        "input 8x8x3  conv 1x1 20 relu  let x  zeropad (2, 1, 0, 3)  maxpool 2  let a
         from x  conv 3x3 20 stride=2 pad=(2, 2, 1, 3)  add a",
    );
    assert_eq!((copies(&read_inside), clears(&read_inside)), (0, 1));
}

#[test]
fn padded_planes_are_parts_of_concatenations() {
    let p = program(
        "input 5x5x3  conv 1x1 20 relu  let x  zeropad 1  let a
         from x  conv 3x3 9 pad=2 relu  concat a  maxpool 2",
    );
    assert_eq!(copies(&p), 0);
    let input =
        program("input 5x5x3  let x  conv 3x3 9 pad=2  let a  from x  zeropad 1  concat a  maxpool 2");
    assert_eq!(copies(&input), 2);
}

#[test]
fn padded_planes_without_a_pixel_in_common_are_copied() {
    let p = program(
        "input 2x2x3  let x  conv 1x1 20 relu  zeropad (0, 4, 0, 0)  let a
         from x  conv 1x1 6 relu  zeropad (4, 0, 0, 0)  concat a  maxpool 2",
    );
    assert_eq!(copies(&p), 1);
}

/// The values could be written over each other only if they had the same place in buffers of one size.
#[test]
fn parts_of_two_buffers_of_one_size_are_not_written_over_each_other() {
    program(
        "input 5x4x3  conv 3x3 3  let x  zeropad (0, 3, 3, 0)  global_avgpool  let g
         from x  gate { sigmoid }  zeropad (2, 1, 0, 3)  avgpool 2 stride=1  global_avgpool  add g",
    );
    for order in ["from p  concat q", "from q  concat p"] {
        program(&format!(
            "input 5x5x3  conv 3x3 3  let x  conv 1x1 3  let y  from x  concat y  global_avgpool  let g
             from x  gate {{ sigmoid }}  let p  conv 3x3 3  let q  {order}  global_avgpool  add g",
        ));
    }
}

#[test]
fn a_dense_layer_reads_a_whole_plane_without_a_border() {
    let plain = program("input 6x6x3  conv 1x1 20 relu  maxpool 2  flatten  dense 7 softmax");
    assert_eq!((copies(&plain), clears(&plain)), (0, 0));
    let border = program(
        "input 6x6x3  conv 1x1 20 relu  let x  flatten  dense 7  let a
         from x  conv 3x3 7  global_avgpool  add a",
    );
    assert_eq!(copies(&border), 1);
    let slice = program(
        "input 1x1x6  conv 1x1 20 relu  let x  dense 5  let a
         from x  concat a  dense 3",
    );
    assert_eq!(copies(&slice), 1);
}

#[test]
fn residual_sums_stay_in_place() {
    let body = "conv 1x1 6 relu  conv 3x3 6 relu  conv 1x1 20";
    let p = program(&format!(
        "input 6x6x3  conv 1x1 20 relu  stack 3 {{ residual relu {{ {body} }} }}  conv 1x1 4"
    ));
    let trunk: Vec<_> = p.steps.iter().filter(|s| s.inputs.len() == 2).collect();
    assert_eq!(trunk.len(), 3);
    let buffer = |id: archc_core::lir::ValueId| p.values[id.index()].buffer;
    assert!(trunk.iter().all(|s| buffer(s.output) == buffer(s.inputs[1])));
}

#[test]
fn the_trunk_keeps_its_place_though_its_halo_changes() {
    let p = program(
        "input 8x8x3  conv 1x1 20 relu
         stack 2 { residual relu { conv 3x3 20 relu  conv 3x3 20 } }
         conv 3x3 6 stride=2 pad=(0, 1, 0, 1)",
    );
    let outputs = p.steps.iter().filter(|s| s.inputs.len() == 2).map(|s| p.values[s.output.index()].buffer);
    let mut outputs: Vec<_> = outputs.collect();
    outputs.dedup();
    assert_eq!(outputs.len(), 1);
}

#[test]
fn what_is_read_later_is_not_written_over() {
    let p =
        program("input 6x6x3  conv 1x1 20  let x  relu  conv 1x1 20  let a  from x  sigmoid  add a  add x");
    assert_eq!(copies(&p), 0);
    let own = program("input 6x6x3  conv 1x1 20  let x  conv 1x1 20  add x  add x  tanh");
    assert_eq!(copies(&own), 0);
    program("input 6x6x3  conv 1x1 20  let x  conv 3x3 20  add x  let y  add y  relu");
}

#[test]
fn normalizations_and_gates_work_in_place() {
    let p = program("input 6x6x3  conv 1x1 20  maxpool 2  bn relu  conv 3x3 8");
    let affine = p.steps.iter().find(|s| matches!(s.kernel, Kernel::Affine(_))).unwrap();
    let buffer = |id: archc_core::lir::ValueId| p.values[id.index()].buffer;
    assert_eq!(buffer(affine.output), buffer(affine.inputs[0]));
    assert_eq!(count(&p, |k| matches!(k, Kernel::Activate(_))), 0, "one kernel does both");
    let gate = program(
        "input 6x6x3  conv 1x1 20 relu  gate { global_avgpool  conv 1x1 5 relu  conv 1x1 channels*4 sigmoid }
         conv 1x1 4",
    );
    let multiply = gate.steps.iter().find(|s| s.kernel == Kernel::Multiply).unwrap();
    assert_eq!(gate.values[multiply.output.index()].buffer, gate.values[multiply.inputs[0].index()].buffer);
}

#[test]
fn outputs_are_written_as_the_user_reads_them() {
    let p = program("input 6x6x3  conv 1x1 20 relu  global_avgpool  dense 7 softmax");
    assert_eq!(copies(&p), 0);
    assert!(p.logits.is_some());
    let read = program("input 6x6x3  conv 1x1 20 relu  let a  conv 1x1 7  let b  output a, b");
    assert_eq!(copies(&read), 0);
    let border = program("input 6x6x3  conv 1x1 20 relu  let a  conv 3x3 7  let b  output a, b");
    assert_eq!(copies(&border), 1);
    let part = program(
        "input 6x6x3  let x  conv 1x1 20 relu  let a  from x  conv 1x1 5  concat a  conv 1x1 7  let b
         output a, b",
    );
    assert_eq!(copies(&part), 1);
    let same = program("input 6x6x3  conv 1x1 20 relu  let a  dropout 0.5  let y  output a, y");
    assert_eq!(same.outputs[0].1, same.outputs[1].1);
}

#[test]
fn logits_are_what_the_softmax_of_the_first_output_reads() {
    let p = program("input 4x4x3  conv 1x1 12 relu  conv 3x3 10  softmax");
    let logits = p.logits.unwrap();
    assert_eq!(p.steps.last().unwrap().inputs, [logits]);
    let view = p.values[logits.index()].view;
    assert_eq!((view.height, view.width, view.channels), (4, 4, 10));
    let both = program("input 4x4x3  conv 1x1 12  let x  softmax  let y  output y, x");
    assert_eq!(both.logits, Some(both.outputs[1].1));
    assert!(program("input 4x4x3  conv 1x1 12").logits.is_none());
}

#[test]
fn every_operation_alone() {
    for operation in [
        "conv 3x3 17",
        "conv 3x3 18 group=3",
        "depthwise 3x3",
        "separable 3x3 5",
        "maxpool 2",
        "avgpool 3 stride=1 pad=same",
        "global_avgpool",
        "global_maxpool",
        "bn",
        "lrn 5",
        "dropout 0.5",
        "flatten",
        "softmax",
        "zeropad 1",
        "rescale 1/127.5 offset=-1",
        "normalize",
        "relu",
        "relu6",
        "leaky_relu",
        "tanh",
        "sigmoid",
        "swish",
        "gelu",
        "hard_swish",
        "hard_sigmoid",
        "shuffle 3",
        "upsample 2",
    ] {
        for channels in [6, 18, 33, 48] {
            program(&format!("input 5x6x{channels}  {operation}"));
            program(&format!("input 5x6x3  conv 1x1 {channels}  {operation}  bn"));
        }
    }
}

#[test]
fn both_branches_read_one_dense_copy_of_a_strided_plane() {
    let dense = |p: &Program| count(p, |k| matches!(k, Kernel::Pool(_)));
    let strided = |p: &Program| count(p, |k| matches!(k, Kernel::Conv(conv) if conv.stride != [1, 1]));
    let p = program(
        "input 9x8x20  conv 1x1 24  let x  conv 1x1 128 stride=2 relu  conv 1x1 130  let a
         from x  conv 1x1 130 stride=2  add a",
    );
    assert_eq!((dense(&p), strided(&p)), (1, 0));
    // Few outputs read the input too seldom for a copy, and zeros behind the plane are in the halo only.
    let p = program("input 9x8x20  conv 1x1 24  conv 1x1 40 stride=2");
    assert_eq!((dense(&p), strided(&p)), (0, 1));
    let p = program(
        "input 8x8x16  conv 1x1 24  let x  conv 1x1 128 stride=2 pad=(0, 1, 0, 1)  global_avgpool  let a
         from x  conv 1x1 128 stride=2  global_avgpool  add a",
    );
    assert_eq!((dense(&p), strided(&p)), (1, 1));
}
