//! The tensors of weights: names, roles and layouts.

/// What a tensor is for. Its last word is the last part of the tensor's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// `weight` of a convolution, `[kernel rows, kernel columns, input channels / groups, output channels]`, or of a
    /// dense layer, `[inputs, outputs]`; inputs behind a `flatten` are in the order rows, columns, channels.
    Kernel,
    /// `bias`, `[channels]`
    Bias,
    /// `gamma` of a batch normalization, `[channels]`
    Gamma,
    /// `beta` of a batch normalization, `[channels]`
    Beta,
    /// `mean`, `[channels]`
    Mean,
    /// `variance`, `[channels]`
    Variance,
}

impl Role {
    /// The last part of a tensor's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Kernel => "weight",
            Role::Bias => "bias",
            Role::Gamma => "gamma",
            Role::Beta => "beta",
            Role::Mean => "mean",
            Role::Variance => "variance",
        }
    }

    /// Whether PyTorch counts it among the parameters; Keras counts them all.
    pub fn is_trained(self) -> bool {
        !matches!(self, Role::Mean | Role::Variance)
    }
}

/// A tensor that an operator reads from the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// The full name of the operation it belongs to: `layer1.0.conv2`. A normalization that was folded into a
    /// convolution keeps its own.
    pub owner: String,
    /// What it is for.
    pub role: Role,
    /// Its shape, row-major.
    pub shape: Vec<usize>,
}

impl Weight {
    pub(super) fn new(owner: &str, role: Role, shape: &[usize]) -> Self {
        Weight { owner: owner.to_owned(), role, shape: shape.to_vec() }
    }

    /// The full name: `layer1.0.conv2.weight`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.owner, self.role.as_str())
    }

    /// How many numbers it holds.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }
}
