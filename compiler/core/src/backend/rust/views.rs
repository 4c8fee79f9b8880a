//! Views and attributes as Rust expressions.

use archc_runtime::layout::View;
use archc_runtime::op::{Activation, Algorithm, Conv, Packing, Pool, PoolKind, Split};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// A number without a suffix: `224`.
pub(in crate::backend) fn number(n: usize) -> Literal {
    Literal::usize_unsuffixed(n)
}

/// `[3, 3]`
pub(in crate::backend) fn array(numbers: &[usize]) -> TokenStream {
    let numbers = numbers.iter().map(|&n| number(n));
    quote! { [#(#numbers),*] }
}

/// A view by the shortest builder that gives it.
pub(super) fn view(view: &View) -> TokenStream {
    let View { height, width, channels, layout, first_channel, buffer_channels } = *view;
    let halo = layout.halo;
    let candidates =
        [("blocked", View::blocked(height, width, channels)), ("nhwc", View::nhwc(height, width, channels))];
    for (builder, mut built) in candidates {
        let mut calls = TokenStream::new();
        if !halo.is_none() {
            built = built.halo(halo.top, halo.bottom, halo.left, halo.right);
            let sides = [halo.top, halo.bottom, halo.left, halo.right].map(number);
            calls.extend(quote! { .halo(#(#sides),*) });
        }
        if !view.is_whole() {
            built = built.slice(first_channel, buffer_channels);
            let channels = [first_channel, buffer_channels].map(number);
            calls.extend(quote! { .slice(#(#channels),*) });
        }
        if built == *view {
            let builder = quote::format_ident!("{builder}");
            let shape = [height, width, channels].map(number);
            return quote! { View::#builder(#(#shape),*) #calls };
        }
    }
    let shape = [height, width, channels].map(number);
    let [height, width, channels] = shape;
    let (planes, block, pitch) = (number(layout.planes), number(layout.block), number(layout.pitch));
    let [top, bottom, left, right] = [halo.top, halo.bottom, halo.left, halo.right].map(number);
    let (first_channel, buffer_channels) = (number(first_channel), number(buffer_channels));
    let element = quote::format_ident!("{}", format!("{:?}", layout.element));
    let order = quote::format_ident!("{}", format!("{:?}", layout.order));
    quote! {
        View {
            height: #height,
            width: #width,
            channels: #channels,
            layout: archc_runtime::layout::Layout {
                element: archc_runtime::layout::Element::#element,
                planes: #planes,
                block: #block,
                order: archc_runtime::layout::Order::#order,
                halo: archc_runtime::layout::Halo { top: #top, bottom: #bottom, left: #left, right: #right },
                pitch: #pitch,
            },
            first_channel: #first_channel,
            buffer_channels: #buffer_channels,
        }
    }
}

/// `Activation::Relu`
pub(super) fn activation(activation: Activation) -> TokenStream {
    match activation {
        Activation::Identity => quote! { Activation::Identity },
        Activation::Relu => quote! { Activation::Relu },
        Activation::Relu6 => quote! { Activation::Relu6 },
        Activation::LeakyRelu(slope) => {
            let slope = Literal::f32_unsuffixed(slope);
            quote! { Activation::LeakyRelu(#slope) }
        }
        Activation::Tanh => quote! { Activation::Tanh },
        Activation::Sigmoid => quote! { Activation::Sigmoid },
        Activation::Swish => quote! { Activation::Swish },
        Activation::Gelu => quote! { Activation::Gelu },
        Activation::HardSwish => quote! { Activation::HardSwish },
        Activation::HardSigmoid => quote! { Activation::HardSigmoid },
    }
}

/// `Conv::new([3, 3]).padding([1, 1]).then(Activation::Relu)`
pub(super) fn conv(conv: &Conv) -> TokenStream {
    let kernel = array(&conv.kernel);
    let mut tokens = quote! { Conv::new(#kernel) };
    for (name, value, default) in [
        ("stride", conv.stride, [1, 1]),
        ("dilation", conv.dilation, [1, 1]),
        ("padding", conv.padding, [0, 0]),
    ] {
        if value != default {
            let (name, value) = (quote::format_ident!("{name}"), array(&value));
            tokens.extend(quote! { .#name(#value) });
        }
    }
    if conv.groups != 1 {
        let groups = number(conv.groups);
        tokens.extend(quote! { .groups(#groups) });
    }
    if conv.algorithm != Algorithm::Direct {
        let algorithm = algorithm(conv.algorithm);
        tokens.extend(quote! { .by(#algorithm) });
    }
    if conv.activation != Activation::Identity {
        let activation = activation(conv.activation);
        tokens.extend(quote! { .then(#activation) });
    }
    tokens
}

/// `Algorithm::Winograd { tile: 4, packed: true }`
fn algorithm(algorithm: Algorithm) -> TokenStream {
    match algorithm {
        Algorithm::Direct => quote! { Algorithm::Direct },
        Algorithm::Winograd { tile, packed } => {
            let tile = number(tile);
            quote! { Algorithm::Winograd { tile: #tile, packed: #packed } }
        }
    }
}

/// `Packing::Winograd { tile: 4 }`
pub(super) fn packing(packing: Packing) -> TokenStream {
    match packing {
        Packing::Plain => quote! { Packing::Plain },
        Packing::Winograd { tile } => {
            let tile = number(tile);
            quote! { Packing::Winograd { tile: #tile } }
        }
    }
}

/// `Split::Three`
pub(super) fn split(split: Split) -> TokenStream {
    match split {
        Split::None => quote! { Split::None },
        Split::Three => quote! { Split::Three },
        Split::Two => quote! { Split::Two },
        Split::One => quote! { Split::One },
    }
}

/// `PoolKind::Max`
pub(super) fn pool_kind(kind: PoolKind) -> TokenStream {
    match kind {
        PoolKind::Max => quote! { PoolKind::Max },
        PoolKind::Average => quote! { PoolKind::Average },
        PoolKind::AverageWithPadding => quote! { PoolKind::AverageWithPadding },
    }
}

/// `Pool::new(PoolKind::Max, [3, 3], [2, 2])`
pub(super) fn pool(pool: &Pool) -> TokenStream {
    let (kind, kernel, stride) = (pool_kind(pool.kind), array(&pool.kernel), array(&pool.stride));
    let padding = array(&pool.padding);
    let padding = (pool.padding != [0; 4]).then(|| quote! { .padding(#padding) });
    quote! { Pool::new(#kind, #kernel, #stride) #padding }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tokens: TokenStream) -> String {
        tokens.to_string().replace(' ', "")
    }

    #[test]
    fn views_take_the_shortest_builder() {
        assert_eq!(text(view(&View::blocked(7, 8, 5))), "View::blocked(7,8,5)");
        assert_eq!(text(view(&View::nhwc(7, 8, 3).halo(1, 2, 3, 4))), "View::nhwc(7,8,3).halo(1,2,3,4)");
        assert_eq!(text(view(&View::blocked(7, 8, 5).slice(3, 40))), "View::blocked(7,8,5).slice(3,40)");
        let mut odd = View::blocked(7, 8, 5);
        odd.layout.pitch = 11;
        assert!(text(view(&odd)).contains("pitch:11"));
    }

    #[test]
    fn attributes_at_their_defaults_are_left_out() {
        assert_eq!(text(conv(&Conv::new([1, 1]))), "Conv::new([1,1])");
        let full = Conv::new([3, 3])
            .stride([2, 2])
            .dilation([1, 2])
            .padding([0, 1])
            .groups(4)
            .by(Algorithm::Winograd { tile: 2, packed: false })
            .then(Activation::Relu);
        assert_eq!(
            text(conv(&full)),
            "Conv::new([3,3]).stride([2,2]).dilation([1,2]).padding([0,1]).groups(4).by(Algorithm::Winograd{tile:2,packed:false}).then(Activation::Relu)"
        );
        assert_eq!(
            text(pool(&Pool::new(PoolKind::Max, [3, 3], [2, 2]))),
            "Pool::new(PoolKind::Max,[3,3],[2,2])"
        );
    }
}
