//! Reading a whole answer in each protocol.

use super::super::operation::Operation;
use super::{Protocol, Service, xml};
use crate::exchange::ApiResponse;
use serde_json::{Map, Value};

/// The operation's output as an object. The error says what came instead.
pub(super) fn value(service: &Service, operation: &Operation, response: &ApiResponse) -> Result<Value, String> {
    let body = &response.body;
    let of_operation = format!("{}Response", operation.name);
    let root = operation.root.unwrap_or(&of_operation);
    let lists = |of_protocol: &'static str| [&[of_protocol], operation.lists].concat();
    match service.protocol {
        Protocol::Json { .. } | Protocol::RestJson => json(body),
        Protocol::Query { .. } => {
            let mut answer = xml::object(body, root, &lists("member"))?;
            let result = format!("{}Result", operation.name);
            match answer.remove(&result) {
                Some(Value::Object(members)) => Ok(Value::Object(members)),
                Some(Value::String(text)) if text.trim().is_empty() => Ok(Value::Object(Map::new())),
                _ => Err(format!("the answer has no <{result}>")),
            }
        }
        Protocol::Ec2 { .. } => {
            let mut answer = xml::object(body, root, &lists("item"))?;
            answer.remove("requestId");
            Ok(Value::Object(answer))
        }
        Protocol::RestXml => xml::object(body, root, &lists("member")).map(Value::Object),
    }
}

fn json(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Err("the body is empty".to_owned());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(Value::Object(members)),
        Ok(_) => Err("the body is not a JSON object".to_owned()),
        Err(error) => Err(format!("the body is not JSON: {error}")),
    }
}
