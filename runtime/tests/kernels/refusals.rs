//! Wrong tables panic before anything is touched.

use archc_runtime::Isa;
use archc_runtime::layout::View;
use archc_runtime::op::{Activation, Algorithm, Conv, Dense, Pool, PoolKind};
use archc_runtime::run::Run;

/// Runs on an arena of 1000 numbers and 1000 weights; the panic's message.
fn refusal(kernel: impl Fn(&mut Run<'_>)) -> String {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let (mut arena, weights) = (vec![0.0; 1000], vec![0.0; 1000]);
        kernel(&mut Run::new(&mut arena, &weights, 1, Isa::PORTABLE));
    }));
    let payload = caught.expect_err("a wrong table was taken");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload.downcast_ref::<&str>().map_or(String::new(), |s| (*s).to_owned()),
    }
}

macro_rules! refuses {
    ($($name:ident: $words:literal, |$run:ident| $call:expr;)*) => {$(
        #[test]
        fn $name() {
            let message = refusal(|$run| $call);
            assert!(message.contains($words), "{message}");
        }
    )*};
}

const F2: Algorithm = Algorithm::Winograd { tile: 2, packed: true };
const SMALL: View = View::blocked(2, 2, 16);

refuses! {
    values_outside_the_arena: "outside the arena",
        |run| run.activate(Activation::Relu, SMALL.at(0), SMALL.at(940));
    offsets_that_overflow: "overflows",
        |run| run.activate(Activation::Relu, SMALL.at(0), SMALL.at(usize::MAX - 3));
    sizes_that_overflow: "overflows",
        |run| run.clear(View::blocked(1 << 40, 1 << 40, 16).at(0));
    weights_outside_the_network: "outside the network",
        |run| run.conv(&Conv::new([1, 1]), 800, SMALL.at(0), None, SMALL.at(64));
    weights_that_overflow: "overflow",
        |run| run.conv(&Conv::new([1, 1]), usize::MAX, SMALL.at(0), None, SMALL.at(64));
    halos_that_are_too_small: "the halo holds the padding",
        |run| run.conv(&Conv::new([3, 3]).padding([1, 1]), 0, SMALL.at(0), None, SMALL.at(64));
    windows_that_reach_too_far: "the halo holds the window",
        |run| run.conv(&Conv::new([2, 2]), 0, View::blocked(2, 2, 1).at(0), None, View::blocked(2, 2, 1).at(64));
    groups_that_do_not_divide: "groups divide",
        |run| run.conv(&Conv::new([1, 1]).groups(3), 0, SMALL.at(0), None, SMALL.at(64));
    strides_of_zero: "a stride",
        |run| run.conv(&Conv::new([1, 1]).stride([0, 1]), 0, SMALL.at(0), None, SMALL.at(64));
    algorithms_that_do_not_fit: "kernels without stride",
        |run| run.conv(&Conv::new([3, 3]).stride([2, 2]).by(F2), 0, View::blocked(3, 3, 16).at(0), None, View::blocked(1, 1, 16).at(160));
    memory_of_its_own_that_is_missing: "of its own",
        |run| run.conv(&Conv::new([3, 3]).by(F2), 0, View::blocked(3, 3, 1).at(0), None, View::blocked(1, 1, 1).at(160));
    overlapping_values: "overlap",
        |run| run.conv(&Conv::new([1, 1]), 0, SMALL.at(0), None, SMALL.at(32));
    the_same_value_where_it_must_not_be: "overlap",
        |run| run.copy(0, 0, SMALL.at(0), SMALL.at(0));
    shapes_that_differ: "shapes differ",
        |run| run.add(Activation::Identity, SMALL.at(0), View::blocked(2, 1, 16).at(64), SMALL.at(128));
    channels_that_are_not_the_buffers: "channels are its buffer's",
        |run| run.activate(Activation::Relu, View::blocked(1, 1, 16).slice(8, 16).at(0), View::blocked(1, 1, 16).at(64));
    strange_blocks: "blocks of 16 channels or of all",
        |run| {
            let mut view = View::blocked(1, 1, 32);
            view.layout.block = 8;
            run.activate(Activation::Relu, view.at(0), View::blocked(1, 1, 32).at(64));
        };
    rows_wider_than_their_pitch: "pitch",
        |run| {
            let mut view = SMALL;
            view.layout.pitch = 1;
            run.activate(Activation::Relu, view.at(0), SMALL.at(64));
        };
    dense_layers_over_halos: "without a halo",
        |run| run.dense(&Dense { activation: Activation::Identity }, 0, View::blocked(1, 1, 3).halo(1, 0, 0, 0).at(0), None, View::blocked(1, 1, 3).at(64));
    pools_that_miss_the_plane: "a window starts in the plane",
        |run| run.pool(&Pool::new(PoolKind::Max, [2, 2], [3, 3]), SMALL.at(0), SMALL.at(64));
    pools_in_their_padding: "reaches over its padding",
        |run| run.pool(&Pool::new(PoolKind::Max, [2, 2], [1, 1]).padding([2, 0, 0, 0]), SMALL.at(0), SMALL.at(64));
    flattening_to_another_size: "as many channels as numbers",
        |run| run.flatten(SMALL.at(0), View::blocked(1, 1, 63).at(64));
    copies_that_do_not_fit: "lie in the output",
        |run| run.copy(1, 0, SMALL.at(0), SMALL.at(64));
    shuffles_that_do_not_divide: "groups divide",
        |run| run.shuffle(3, SMALL.at(0), SMALL.at(64));
    upsampling_to_another_size: "are repeated",
        |run| run.upsample([2, 2], SMALL.at(0), SMALL.at(64));
}

#[test]
fn empty_batches_are_refused() {
    let caught = std::panic::catch_unwind(|| {
        Run::new(&mut [], &[], 0, Isa::PORTABLE);
    });
    assert!(caught.is_err());
}
