//! One CEL expression of a control: compiled, checked for what the catalogue allows, and with the places it reads.
//!
//! Only the standard language with the standard library is let through, so that another implementation of CEL gives the
//! same verdicts. Nothing is evaluated here.

use crate::evaluate::value::OPEN_KEYS;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators};
use cel::{ExecutionError, Program};
use evidenced_schemas::Control;
use evidenced_schemas::control::ParamType;
use std::collections::BTreeSet;

/// Operators and functions of the standard library; everything else is refused. Macros (`has`, `all`, `exists`,
/// `exists_one`, `map`, `filter`) are gone when an expression is parsed.
const ALLOWED: [&str; 41] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::IN,
    operators::NOT_STRICTLY_FALSE,
    "timestamp",
    "duration",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "size",
    "matches",
    "contains",
    "startsWith",
    "endsWith",
    "string",
    "int",
    "uint",
    "double",
    "bool",
];

/// Whose document a place is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Root {
    /// The variable `resource`.
    Resource,
    /// The documents of one type, through `all`.
    All(String),
    /// The variable `params`.
    Params,
    /// The variable `scope`.
    Scope,
}

/// A place in a document that an expression reads: `config.acl.grants` of `resource`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The document.
    pub(crate) root: Root,
    /// Field names from its root. Positions in lists are left out.
    pub(crate) path: Vec<String>,
}

impl Place {
    /// True when a missing `field` (`config.acl`) can be what this place lacks.
    pub(crate) fn touches(&self, field: &str) -> bool {
        let mut parts = field.split(['.', '[']).filter(|part| !part.ends_with(']'));
        !self.path.is_empty() && self.path.iter().zip(&mut parts).all(|(mine, theirs)| mine == theirs)
    }
}

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Expression {
    program: Program,
    places: BTreeSet<Place>,
}

impl Expression {
    /// Compiles and checks one expression of a control.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub(crate) fn compile(source: &str, control: &Control) -> Result<Self, String> {
        let program = Program::compile(source).map_err(|errors| match errors.errors.first() {
            Some(error) => format!("does not parse as CEL: {} (at character {})", error.msg, error.pos.1),
            None => "does not parse as CEL".to_owned(),
        })?;
        let mut walk = Walk { control, places: BTreeSet::new(), bound: Vec::new() };
        walk.visit(program.expression())?;
        Ok(Self { places: walk.places, program })
    }

    /// The places it reads.
    pub(crate) fn places(&self) -> &BTreeSet<Place> {
        &self.places
    }

    /// Evaluates it.
    ///
    /// # Errors
    /// As CEL has them: a missing key, a value of another type, …
    pub(crate) fn value(&self, context: &cel::Context<'_, '_>) -> Result<cel::Value, ExecutionError> {
        self.program.execute(context)
    }
}

/// The walk over one syntax tree.
struct Walk<'c> {
    control: &'c Control,
    places: BTreeSet<Place>,
    /// Loop variables in force, each with the place its elements come from.
    bound: Vec<(String, Option<Place>)>,
}

impl Walk<'_> {
    fn visit(&mut self, expr: &IdedExpr) -> Result<(), String> {
        match &expr.expr {
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.ident(name),
            Expr::Select(select) if select.test => self.has(select),
            Expr::Select(select) => self.chain(expr, &select.operand, None),
            Expr::Call(call) if call.func_name == operators::INDEX => self.index(expr, call),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.visit(element)),
            Expr::Map(_) | Expr::Struct(_) => Err("writes a map: compare field by field instead".to_owned()),
            Expr::Unspecified => Err("has an empty part".to_owned()),
        }
    }

    /// A name that stands alone.
    fn ident(&mut self, name: &str) -> Result<(), String> {
        if self.bound.iter().any(|(bound, _)| bound == name) || name == "as_of" || name.starts_with('@') {
            return Ok(());
        }
        match name {
            "resource" if self.control.resource.is_none() => {
                Err("reads `resource`, which a scope control does not have: use `all[\"type\"]`".to_owned())
            }
            "all" if self.control.scope.is_none() => {
                Err("reads `all`, which only a scope control has: use `resource`".to_owned())
            }
            "resource" | "scope" => Ok(()),
            "params" => Err("reads `params` as a whole: name one, `params.name`".to_owned()),
            "all" => Err("reads `all` as a whole: name a type, `all[\"aws.s3.bucket\"]`".to_owned()),
            _ => Err(format!(
                "reads `{name}`, which is not a variable: there are resource, scope, as_of, params and all"
            )),
        }
    }

    /// A field or element: the longest chain is one place, so its inner parts are not noted again.
    fn chain(&mut self, expr: &IdedExpr, operand: &IdedExpr, index: Option<&IdedExpr>) -> Result<(), String> {
        let Some(place) = self.place(expr) else {
            self.visit(operand)?;
            return index.map_or(Ok(()), |index| self.visit(index));
        };
        self.known(&place)?;
        self.indexes(expr)?;
        self.places.insert(place);
        Ok(())
    }

    fn index(&mut self, expr: &IdedExpr, call: &CallExpr) -> Result<(), String> {
        let [operand, index] = call.args.as_slice() else { return Err("indexes nothing".to_owned()) };
        self.chain(expr, operand, Some(index))
    }

    /// Visits what stands in the brackets of a chain, and the ranges of loops inside it.
    fn indexes(&mut self, expr: &IdedExpr) -> Result<(), String> {
        match &expr.expr {
            Expr::Select(select) => self.indexes(&select.operand),
            Expr::Call(call) if call.func_name == operators::INDEX && call.args.len() == 2 => {
                self.indexes(&call.args[0])?;
                self.visit(&call.args[1])
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            _ => Ok(()),
        }
    }

    /// `has(x.y)`: only where a missing key is a fact.
    fn has(&mut self, select: &SelectExpr) -> Result<(), String> {
        let place = self.place(&select.operand);
        if place.as_ref().is_some_and(|place| self.is_open(place)) {
            return self.visit(&select.operand);
        }
        Err(format!(
            "asks `has(….{field})` of a document: a refused read would look like an absent setting. Ask `….{field} == null`",
            field = select.field
        ))
    }

    /// True for the maps whose keys are the users' own.
    fn is_open(&self, place: &Place) -> bool {
        match &place.root {
            Root::Resource | Root::All(_) => place.path.iter().any(|part| OPEN_KEYS.contains(&part.as_str())),
            Root::Scope => false,
            Root::Params => place
                .path
                .first()
                .and_then(|name| self.control.params.get(name))
                .is_some_and(|param| param.type_ == ParamType::Map),
        }
    }

    fn call(&mut self, call: &CallExpr) -> Result<(), String> {
        if !ALLOWED.contains(&call.func_name.as_str()) {
            return Err(format!("calls `{}`, which is not in the standard library of CEL", call.func_name));
        }
        if let Some(target) = &call.target {
            self.visit(target)?;
        }
        call.args.iter().try_for_each(|argument| self.visit(argument))
    }

    fn comprehension(&mut self, loop_: &ComprehensionExpr) -> Result<(), String> {
        if loop_.iter_var2.is_some() {
            return Err("uses a loop over two variables, which is not in the standard library of CEL".to_owned());
        }
        if ["resource", "scope", "as_of", "params", "all"].contains(&loop_.iter_var.as_str()) {
            return Err(format!("names a loop variable `{}`, which is a variable already", loop_.iter_var));
        }
        self.visit(&loop_.iter_range)?;
        let range = self.place(&loop_.iter_range);
        self.bound.push((loop_.iter_var.clone(), range));
        let body = [&loop_.accu_init, &loop_.loop_cond, &loop_.loop_step, &loop_.result];
        let visited = body.into_iter().try_for_each(|part| self.visit(part));
        self.bound.pop();
        visited
    }

    /// Where a chain of fields leads, or `None` for anything that is not a place in a document.
    fn place(&self, expr: &IdedExpr) -> Option<Place> {
        match &expr.expr {
            Expr::Ident(name) => self.named(name),
            Expr::Select(select) if !select.test => {
                let mut place = self.place(&select.operand)?;
                place.path.push(select.field.clone());
                Some(place)
            }
            Expr::Call(call) if call.func_name == operators::INDEX => self.indexed(call),
            // A filtered list holds elements of the list it was made from.
            Expr::Comprehension(loop_) => self.place(&loop_.iter_range),
            _ => None,
        }
    }

    /// What a name stands for: where a loop variable's elements come from, or the root of a variable.
    fn named(&self, name: &str) -> Option<Place> {
        if let Some((_, place)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return place.clone();
        }
        let root = match name {
            "resource" if self.control.resource.is_some() => Root::Resource,
            "params" => Root::Params,
            "scope" => Root::Scope,
            _ => return None,
        };
        Some(Place { root, path: Vec::new() })
    }

    fn indexed(&self, call: &CallExpr) -> Option<Place> {
        let [operand, index] = call.args.as_slice() else { return None };
        let literal = match &index.expr {
            Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
            _ => None,
        };
        if matches!(&operand.expr, Expr::Ident(name) if name == "all") && self.control.scope.is_some() {
            return literal.map(|type_| Place { root: Root::All(type_), path: Vec::new() });
        }
        let mut place = self.place(operand)?;
        place.path.extend(literal);
        Some(place)
    }

    /// Refuses places that cannot exist.
    fn known(&self, place: &Place) -> Result<(), String> {
        let first = place.path.first().map(String::as_str);
        match &place.root {
            Root::Params => match first {
                Some(name) if self.control.params.contains_key(name) => Ok(()),
                Some(name) => Err(format!("reads `params.{name}`, which the control does not declare")),
                None => Err("reads `params` by a computed name: name one, `params.name`".to_owned()),
            },
            Root::Scope if first.is_some_and(|field| !["id", "cloud"].contains(&field)) => {
                Err("reads a field of `scope` other than `id` and `cloud`".to_owned())
            }
            Root::All(type_) if !self.control.populations.contains_key(type_) => {
                Err(format!("reads `all[\"{type_}\"]`, which `populations` does not name"))
            }
            Root::Resource | Root::All(_) => match first {
                Some(field) if !DOCUMENT_FIELDS.contains(&field) => {
                    Err(format!("reads `{field}` of a document, which has {}", DOCUMENT_FIELDS.join(", ")))
                }
                _ => Ok(()),
            },
            Root::Scope => Ok(()),
        }
    }
}

/// Fields of a document that expressions can read.
const DOCUMENT_FIELDS: [&str; 9] = ["type", "id", "name", "cloud", "scope", "region", "tags", "config", "derived"];
