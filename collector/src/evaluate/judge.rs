//! One verdict: the control's expressions under one set of variables.

use super::reason;
use crate::catalogue::Compiled;
use crate::catalogue::Expression;
use cel::{Context, Value};
use evidenced_schemas::control::{Control, Verdict};

/// Shown where the control's own message cannot be evaluated: the fail stands all the same.
const NO_MESSAGE: &str = "the statement does not hold; the control's message could not be evaluated from this document";

/// A verdict with what is said beside it.
#[derive(Debug)]
pub(crate) struct Judgement {
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// Why it is neither pass nor fail.
    pub(crate) reason: Option<String>,
    /// What is wrong, on fail.
    pub(crate) message: Option<String>,
}

impl Judgement {
    /// Not evaluated, for this reason.
    pub(crate) fn not_evaluated(reason: String) -> Self {
        Self { verdict: Verdict::NotEvaluated, reason: Some(reason), message: None }
    }
}

/// Judges by one control. `context` holds all its variables but `params`; `unread` says what of the documents could not
/// be read among the places that the control looks at.
pub(crate) fn judge(
    control: &Control,
    compiled: &Compiled,
    context: &Context<'_, '_>,
    unread: impl FnOnce() -> Option<String>,
) -> Judgement {
    let mut context = context.new_inner_scope();
    context.add_variable_as_val("params", Box::new(compiled.params.clone()));
    let decided = decide(&compiled.programs.applies, &context, "applies").and_then(|applies| {
        if applies { decide(&compiled.programs.pass, &context, "pass").map(Some) } else { Ok(None) }
    });
    match decided {
        Err(error) => Judgement::not_evaluated(unread().unwrap_or(error)),
        Ok(None) => Judgement { verdict: Verdict::NotApplicable, reason: control.why_not.clone(), message: None },
        Ok(Some(true)) => match &compiled.loosened {
            Some(loosened) => Judgement::not_evaluated(loosened.clone()),
            None => Judgement { verdict: Verdict::Pass, reason: None, message: None },
        },
        Ok(Some(false)) => {
            let message = match compiled.programs.message.value(&context) {
                Ok(Value::String(text)) => text.to_string(),
                _ => NO_MESSAGE.to_owned(),
            };
            Judgement { verdict: Verdict::Fail, reason: None, message: Some(message) }
        }
    }
}

/// True or false, or why neither.
fn decide(expression: &Expression, context: &Context<'_, '_>, key: &str) -> Result<bool, String> {
    match expression.value(context) {
        Ok(Value::Bool(value)) => Ok(value),
        Ok(_) => Err(format!("evaluation error: `{key}` gives a value that is neither true nor false")),
        Err(error) => Err(format!("evaluation error: {} (`{key}`)", reason::of_error(&error))),
    }
}
