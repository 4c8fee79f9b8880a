//! How the public types of a module differ by what computes its network. A GPU may refuse at any time, so that there sessions
//! and runs are results; all else is the same text.

use proc_macro2::TokenStream;
use quote::quote;

/// What computes a network: whose types a module wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Kernels of the runtime.
    Cpu,
    /// Kernels of CUDA C beside the module.
    Cuda,
}

impl Backend {
    /// Where the runtime's types are.
    pub(super) fn runtime(self) -> TokenStream {
        match self {
            Backend::Cpu => quote! { archc_runtime },
            Backend::Cuda => quote! { archc_runtime::cuda },
        }
    }

    /// What a model is made of.
    pub(super) fn table(self) -> TokenStream {
        match self {
            Backend::Cpu => quote! { NETWORK },
            Backend::Cuda => quote! { PROGRAM },
        }
    }

    /// The type of what may fail on a GPU only.
    pub(super) fn result(self, of: TokenStream) -> TokenStream {
        match self {
            Backend::Cpu => of,
            Backend::Cuda => quote! { Result<#of, archc_runtime::cuda::CudaError> },
        }
    }

    /// A session of so many images as a type of the module.
    pub(super) fn session(self, wrapper: &TokenStream, batch: &TokenStream) -> TokenStream {
        match self {
            Backend::Cpu => quote! { #wrapper(self.0.session(#batch)) },
            Backend::Cuda => quote! { self.0.session(#batch).map(#wrapper) },
        }
    }

    /// What `run` returns, and its body.
    pub(super) fn run(self) -> (TokenStream, TokenStream) {
        match self {
            Backend::Cpu => (quote! {}, quote! { self.0.run(); }),
            Backend::Cuda => {
                let result = self.result(quote! { () });
                (quote! { -> #result }, quote! { self.0.run() })
            }
        }
    }

    /// The end of `infer`, behind the copy of the images.
    pub(super) fn infer(self) -> TokenStream {
        match self {
            Backend::Cpu => quote! { self.run(); self.output() },
            Backend::Cuda => quote! { self.run()?; Ok(self.output()) },
        }
    }
}
