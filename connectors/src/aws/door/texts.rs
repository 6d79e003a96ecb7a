//! Reading shapes out of XML answers, where every scalar is a text.
//!
//! A text is read as what the shape wants: `true` as a boolean, `443` as a number, an empty element as an empty list or
//! structure. Anything else that does not fit is an error, as in JSON. It deliberately does not guess from the text: a
//! shape that wants a text gets it unchanged.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

/// A value of an XML answer.
#[derive(Clone, Debug)]
pub(super) struct Texts(pub(super) Value);

impl Texts {
    /// The text as a value of another kind, or the value itself where it is no text.
    fn read<T: std::str::FromStr + Into<Value>>(self, wanted: &str) -> Result<Value, Error> {
        match self.0 {
            Value::String(text) => match text.trim().parse::<T>() {
                Ok(value) => Ok(value.into()),
                Err(_) => Err(Error::custom(format!("`{text}` is no {wanted}"))),
            },
            other => Ok(other),
        }
    }
}

impl IntoDeserializer<'_, Error> for Texts {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! number {
    ($($method:ident: $type:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.read::<$type>("number")?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Texts {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Texts))),
            Value::Object(members) => {
                visitor.visit_map(MapDeserializer::new(members.into_iter().map(|(name, value)| (name, Texts(value)))))
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.read::<bool>("boolean")?.deserialize_bool(visitor)
    }

    number!(
        deserialize_i32: i64, deserialize_i64: i64, deserialize_u16: u64, deserialize_u32: u64, deserialize_u64: u64,
        deserialize_f64: f64
    );

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(text) if text.trim().is_empty() => Self(Value::Array(vec![])).deserialize_any(visitor),
            other => Self(other).deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(text) if text.trim().is_empty() => {
                Self(Value::Object(serde_json::Map::new())).deserialize_any(visitor)
            }
            other => Self(other).deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 u8 f32 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Shape {
        on: Option<bool>,
        port: Option<i64>,
        name: Option<String>,
        list: Option<Vec<Inner>>,
        inner: Option<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        days: Option<u32>,
    }

    fn read(value: Value) -> Result<Shape, String> {
        Shape::deserialize(Texts(value)).map_err(|error| error.to_string())
    }

    #[test]
    fn texts_become_what_the_shape_wants() {
        let value = json!({"on": "true", "port": "-1", "name": "true", "list": [{"days": "7"}, ""], "inner": ""});
        let shape = read(value).unwrap();
        assert_eq!((shape.on, shape.port, shape.name.as_deref()), (Some(true), Some(-1), Some("true")));
        assert_eq!(shape.list, Some(vec![Inner { days: Some(7) }, Inner { days: None }]));
        assert_eq!(shape.inner, Some(Inner { days: None }));
        assert_eq!(read(json!({"list": ""})).unwrap().list, Some(vec![]));
        assert_eq!(read(json!({})).unwrap().on, None);
    }

    #[test]
    fn what_does_not_fit_is_an_error_and_never_a_default() {
        for (value, word) in [
            (json!({"on": "yes"}), "yes"),
            (json!({"on": ""}), "boolean"),
            (json!({"port": "x"}), "number"),
            (json!({"port": "1.5"}), "number"),
            (json!({"list": "x"}), "sequence"),
            (json!({"list": {"days": "1"}}), "sequence"),
            (json!({"inner": {"days": "-1"}}), "number"),
            (json!({"name": {"a": "b"}}), "string"),
        ] {
            let error = read(value.clone()).unwrap_err();
            assert!(error.contains(word), "{value}: {error}");
        }
    }
}
