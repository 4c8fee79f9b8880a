//! The types that users of a module see: `Model`, `Session` and `SessionOf`, with lengths in their types.

use super::Artifact;
use super::views::{array, number};
use crate::backend::Backend;
use crate::identifier::identifier;
use crate::lir::ValueId;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use std::collections::BTreeSet;

/// The public items.
pub(in crate::backend) fn items(artifact: Artifact<'_>, backend: Backend) -> Vec<TokenStream> {
    let facts = Facts::new(artifact);
    vec![
        constants(&facts, backend),
        model(backend),
        session(artifact, &facts, backend),
        session_of(artifact, &facts, backend),
    ]
}

struct Facts {
    name: String,
    input: [usize; 3],
    output: [usize; 3],
    parameters: u64,
    macs: u64,
    arena: usize,
    weights: usize,
}

impl Facts {
    fn new(artifact: Artifact<'_>) -> Facts {
        let Artifact { program, plan, .. } = artifact;
        Facts {
            name: program.name.clone(),
            input: shape(artifact, program.input),
            output: program.outputs.first().map_or([0; 3], |(_, id)| shape(artifact, *id)),
            parameters: artifact.parameters,
            macs: artifact.macs,
            arena: plan.arena_size * size_of::<f32>(),
            weights: plan.weights_size * size_of::<f32>(),
        }
    }
}

fn shape(artifact: Artifact<'_>, id: ValueId) -> [usize; 3] {
    let view = &artifact.program.values[id.index()].view;
    [view.height, view.width, view.channels]
}

fn size(shape: [usize; 3]) -> Literal {
    number(shape.iter().product())
}

fn constants(facts: &Facts, backend: Backend) -> TokenStream {
    let runtime = backend.runtime();
    let Facts { name, input, output, parameters, macs, arena, weights } = facts;
    let (input_array, output_array) = (array(input), array(output));
    let (parameters, macs) = (Literal::u64_unsuffixed(*parameters), Literal::u64_unsuffixed(*macs));
    let (arena, weights) = (number(*arena), number(*weights));
    let docs = format!(
        " {name}: an image of {}x{}x{} numbers in, {} numbers out.",
        input[0],
        input[1],
        input[2],
        output.iter().product::<usize>()
    );
    quote! {
        archc_runtime::assert_abi!(6);

        #[doc = #docs]
        ///
        /// It holds the weights, packed once; clones share them. It is `Send` and `Sync`.
        #[derive(Clone, Debug)]
        pub struct Model(#runtime::Model);

        impl Model {
            /// Rows, columns and channels of the input.
            pub const INPUT: [usize; 3] = #input_array;
            /// Rows, columns and channels of the output.
            pub const OUTPUT: [usize; 3] = #output_array;
            /// Parameters, the statistics of batch normalizations included, as Keras counts.
            pub const PARAMS: u64 = #parameters;
            /// Multiply-accumulate operations of one inference.
            pub const MACS: u64 = #macs;
            /// Memory of a session for one image.
            pub const ARENA_BYTES: usize = #arena;
            /// Memory of the packed weights.
            pub const WEIGHT_BYTES: usize = #weights;
        }
    }
}

fn model(backend: Backend) -> TokenStream {
    let (runtime, table) = (backend.runtime(), backend.table());
    let files = match backend {
        Backend::Cpu => quote! { archc_runtime::model_files!(Model, NETWORK); },
        Backend::Cuda => quote! { archc_runtime::model_files!(Model, PROGRAM, archc_runtime::cuda::Model); },
    };
    let [session, session_of] =
        [quote! { Session }, quote! { SessionOf<BATCH> }].map(|ty| backend.result(ty));
    let one = backend.session(&quote! { Session }, &quote! { 1 });
    let several = backend.session(&quote! { SessionOf }, &quote! { BATCH });
    quote! {
        // `load`, `load_packed`, `read_packed` and `save_packed`, where there are files: with the runtime's feature `std`.
        #files

        impl Model {
            /// Checks the tensors of a safetensors file, given its bytes, against the network, and packs them.
            ///
            /// The error names every tensor that is missing, unknown or of the wrong shape.
            pub fn from_bytes(bytes: &[u8]) -> Result<Model, archc_runtime::LoadError> {
                #runtime::Model::from_bytes(&#table, bytes).map(Model)
            }

            /// Copies packed weights, given the bytes of their file.
            pub fn from_packed_bytes(bytes: &[u8]) -> Result<Model, archc_runtime::LoadError> {
                #runtime::Model::from_packed_bytes(&#table, bytes).map(Model)
            }

            /// Packed weights in the program, used where they are: `archc_runtime::include_weights!(..)`.
            pub fn from_packed_static(bytes: &'static [u8]) -> Result<Model, archc_runtime::LoadError> {
                #runtime::Model::from_packed_static(&#table, bytes).map(Model)
            }

            /// Made-up weights that are the same everywhere: for tests and benchmarks.
            pub fn seeded(salt: &str) -> Result<Model, archc_runtime::LoadError> {
                #runtime::Model::seeded(&#table, salt).map(Model)
            }

            /// A session for one image at a time.
            pub fn session(&self) -> #session {
                #one
            }

            /// A session for `BATCH` images at a time; sessions of any size share the weights.
            pub fn session_of<const BATCH: usize>(&self) -> #session_of {
                #several
            }
        }
    }
}

/// For one image.
fn session(artifact: Artifact<'_>, facts: &Facts, backend: Backend) -> TokenStream {
    let (input, output) = (size(facts.input), size(facts.output));
    let (runtime, infer) = (backend.runtime(), backend.infer());
    let ((ran, run), inferred) = (backend.run(), backend.result(quote! { &[f32; #output] }));
    let threads = (backend == Backend::Cpu).then(|| {
        quote! {
            /// Computes on up to this many threads, the calling one included; 0 stands for all cores, as at first. Where
            /// another session has the others, a run computes on the calling one alone.
            #[must_use]
            pub fn with_threads(self, threads: usize) -> Session {
                Session(self.0.with_threads(threads))
            }
        }
    });
    let accessors = accessors(artifact, |size| quote!([f32; #size]), &format_ident!("array"));
    quote! {
        /// The memory of an inference of one image. `run` allocates nothing.
        ///
        /// Images that are not numbers yet: `load_rgb`, `load_grey` and `top`, and with the runtime's feature `image`
        /// `classify`, `classify_bytes`, `load_image` and `load_image_bytes`.
        #[derive(Debug)]
        pub struct Session(#runtime::Session);

        impl Session {
            #threads

            /// The image: rows, columns, channels.
            pub fn input_mut(&mut self) -> &mut [f32; #input] {
                archc_runtime::array_mut(self.0.input_mut())
            }

            /// Computes the outputs from the input.
            pub fn run(&mut self) #ran {
                #run
            }

            #(#accessors)*

            /// Copies the image in, runs, and gives the output.
            pub fn infer(&mut self, image: &[f32; #input]) -> #inferred {
                self.input_mut().copy_from_slice(image);
                #infer
            }
        }

        archc_runtime::session_images!(Session);
    }
}

/// For any number of images: the same methods, each of as many arrays.
fn session_of(artifact: Artifact<'_>, facts: &Facts, backend: Backend) -> TokenStream {
    let (input, output) = (size(facts.input), size(facts.output));
    let (runtime, infer) = (backend.runtime(), backend.infer());
    let ((ran, run), inferred) = (backend.run(), backend.result(quote! { &[[f32; #output]; BATCH] }));
    let threads = (backend == Backend::Cpu).then(|| {
        quote! {
            /// As [`Session::with_threads`].
            #[must_use]
            pub fn with_threads(self, threads: usize) -> SessionOf<BATCH> {
                SessionOf(self.0.with_threads(threads))
            }
        }
    });
    let accessors = accessors(artifact, |size| quote!([[f32; #size]; BATCH]), &format_ident!("arrays"));
    quote! {
        /// The memory of an inference of `BATCH` images: what a [`Session`] has of one, this has of each, image by image.
        #[derive(Debug)]
        pub struct SessionOf<const BATCH: usize>(#runtime::Session);

        impl<const BATCH: usize> SessionOf<BATCH> {
            #threads

            /// The images: rows, columns, channels.
            pub fn input_mut(&mut self) -> &mut [[f32; #input]; BATCH] {
                archc_runtime::arrays_mut(self.0.input_mut())
            }

            /// Computes the outputs from the inputs.
            pub fn run(&mut self) #ran {
                #run
            }

            #(#accessors)*

            /// Copies the images in, runs, and gives the outputs.
            pub fn infer(&mut self, images: &[[f32; #input]; BATCH]) -> #inferred {
                self.input_mut().copy_from_slice(images);
                #infer
            }
        }

        archc_runtime::batch_images!(SessionOf);
    }
}

/// Methods for what a run computes: the output, what the final softmax received, each output that the text names, and taps
/// where there are any. `array`
/// is their type for so many numbers of an image, and `convert` the runtime's function that makes one of a slice.
fn accessors(
    artifact: Artifact<'_>,
    array: impl Fn(&Literal) -> TokenStream,
    convert: &Ident,
) -> Vec<TokenStream> {
    let accessor = |docs: &str, method: &Ident, id: ValueId, slice: TokenStream| {
        let array = array(&size(shape(artifact, id)));
        quote! {
            #[doc = #docs]
            pub fn #method(&self) -> &#array {
                archc_runtime::#convert(self.0.#slice)
            }
        }
    };
    let outputs = &artifact.program.outputs;
    let methods = method_names(outputs.iter().map(|(name, _)| name.as_str()));
    let first = outputs.first().map(|(_, id)| {
        accessor(" What the last `run` computed.", &format_ident!("output"), *id, quote!(output(0)))
    });
    let logits = artifact.program.logits.map(|id| {
        accessor(" What the final softmax received.", &format_ident!("logits"), id, quote!(logits()))
    });
    let named = outputs.iter().zip(&methods).enumerate().filter(|(_, ((name, _), _))| name != "output");
    let named = named.map(|(index, ((name, id), method))| {
        let index = number(index);
        accessor(&format!(" The output `{name}`."), method, *id, quote!(output(#index)))
    });
    let taps = (!artifact.program.taps.is_empty()).then(|| {
        quote! {
            /// What each operation gave in the last `run`, in the order of the network; of those that one kernel computes,
            /// the last.
            pub fn taps(&self) -> impl ExactSizeIterator<Item = archc_runtime::Tap<'_>> {
                self.0.taps(&TAPS)
            }
        }
    });
    first.into_iter().chain(logits).chain(named).chain(taps).collect()
}

/// A method for each name of the text, all different and none that a session has anyway: `layer1.0.conv2` as
/// `layer1_0_conv2`.
fn method_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Ident> {
    const SESSION: [&str; 14] = [
        "classify",
        "classify_bytes",
        "infer",
        "input_mut",
        "load_grey",
        "load_image",
        "load_image_bytes",
        "load_rgb",
        "logits",
        "output",
        "run",
        "taps",
        "top",
        "with_threads",
    ];
    let mut taken: BTreeSet<String> = SESSION.iter().map(|&name| name.to_owned()).collect();
    let unique = |name: &str| {
        let stem = identifier(name, "output_");
        let numbered = (2..).map(|n| format!("{stem}_{n}"));
        let method = std::iter::once(stem.clone()).chain(numbered).find(|n| taken.insert(n.clone()));
        format_ident!("{}", method.unwrap_or(stem))
    };
    names.map(unique).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_identifiers_and_all_different() {
        let names = ["a_b", "A_B", "a.b", "logits", "logits_2", "input_mut", "match", "0.x", "self"];
        let methods: Vec<String> = method_names(names.into_iter()).iter().map(ToString::to_string).collect();
        let expected = [
            "a_b",
            "a_b_2",
            "a_b_3",
            "logits_2",
            "logits_2_2",
            "input_mut_2",
            "output_match",
            "output_0_x",
            "output_self",
        ];
        assert_eq!(methods, expected);
    }
}
