//! Three-valued logic with causes: a value that is known, or unknown because of certain inputs.
//!
//! `or` is known to be true as soon as one side is, whatever could not be read of the other; `and` likewise for false.
//! Where the result stays unknown, it names the inputs that would settle it and no others.

/// True, false, or unknown for these causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<C> {
    /// It is known.
    Is(bool),
    /// It is not, because of these. Never empty.
    Unknown(Vec<C>),
}

impl<C> Known<C> {
    /// A value that may be missing, with the cause for when it is.
    pub fn of(value: Option<bool>, cause: C) -> Self {
        value.map_or_else(|| Self::Unknown(vec![cause]), Self::Is)
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Is(false), _) | (_, Self::Is(false)) => Self::Is(false),
            (Self::Is(true), known) | (known, Self::Is(true)) => known,
            (Self::Unknown(causes), Self::Unknown(more)) => Self::Unknown(joined(causes, more)),
        }
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Is(true), _) | (_, Self::Is(true)) => Self::Is(true),
            (Self::Is(false), known) | (known, Self::Is(false)) => known,
            (Self::Unknown(causes), Self::Unknown(more)) => Self::Unknown(joined(causes, more)),
        }
    }

    /// It does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Is(value) => Self::Is(!value),
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}

fn joined<C>(mut causes: Vec<C>, more: Vec<C>) -> Vec<C> {
    causes.extend(more);
    causes
}

#[cfg(test)]
mod tests {
    use super::Known::{Is, Unknown};

    #[test]
    fn what_settles_the_answer_outweighs_what_is_unknown() {
        let unknown = || Unknown(vec!["x"]);
        assert_eq!(unknown().and(Is(false)), Is(false));
        assert_eq!(Is(true).and(unknown()), unknown());
        assert_eq!(unknown().or(Is(true)), Is(true));
        assert_eq!(Is(false).or(unknown()), unknown());
        assert_eq!(unknown().and(Unknown(vec!["y"])), Unknown(vec!["x", "y"]));
        assert_eq!(unknown().negated(), unknown());
        assert_eq!(Is::<&str>(true).negated(), Is(false));
    }
}
