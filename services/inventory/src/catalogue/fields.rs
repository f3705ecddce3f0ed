//! The fields of a mapping, read one by one. Whatever is wrong with one is noted, and
//! a harmless value stands in for it, so that the others are looked at as well.

use serde_json::{Map, Value};

use crate::domain::Problem;

pub(super) struct Fields<'a> {
    map: Map<String, Value>,
    /// The mapping's place, empty for the file itself.
    place: String,
    problems: &'a mut Vec<Problem>,
    /// It is no mapping, which is told once and not for each field.
    hopeless: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: Value, place: &str, problems: &'a mut Vec<Problem>) -> Self {
        let mut fields = Self {
            map: Map::new(),
            place: place.to_owned(),
            problems,
            hopeless: false,
        };
        if let Value::Object(map) = value {
            fields.map = map;
        } else {
            fields.hopeless = true;
            let whole = if place.is_empty() { "catalogue" } else { place };
            fields.problems.push(Problem::new(whole, "named fields"));
        }
        fields
    }

    pub(super) fn text(&mut self, name: &str, otherwise: &str) -> String {
        match self.required(name) {
            Some(Value::String(text)) => text,
            Some(_) => {
                self.wrong(name, "text, in quotes where it looks like a number");
                otherwise.to_owned()
            }
            None => otherwise.to_owned(),
        }
    }

    /// A value that has a text form.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        expected: &str,
        otherwise: T,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        let Some(value) = self.required(name) else {
            return otherwise;
        };
        let parsed = value.as_str().and_then(parse);
        parsed.unwrap_or_else(|| {
            self.wrong(name, expected);
            otherwise
        })
    }

    pub(super) fn whole(&mut self, name: &str) -> i64 {
        let Some(value) = self.required(name) else {
            return 0;
        };
        value.as_i64().unwrap_or_else(|| {
            self.wrong(name, "a whole number");
            0
        })
    }

    pub(super) fn number(&mut self, name: &str) -> f64 {
        let Some(value) = self.required(name) else {
            return 0.0;
        };
        value.as_f64().unwrap_or_else(|| {
            self.wrong(name, "a finite number");
            0.0
        })
    }

    pub(super) fn list(&mut self, name: &str) -> Vec<Value> {
        let value = self.required(name);
        self.as_list(name, value)
    }

    pub(super) fn list_or_empty(&mut self, name: &str) -> Vec<Value> {
        let value = self.map.remove(name);
        self.as_list(name, value)
    }

    fn as_list(&mut self, name: &str, value: Option<Value>) -> Vec<Value> {
        match value {
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.wrong(name, "a list");
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// The fields of a mapping inside this one.
    pub(super) fn inner(&mut self, name: &str) -> Fields<'_> {
        let value = self.required(name);
        let place = self.place_of(name);
        match value {
            Some(value) => Fields::of(value, &place, self.problems),
            None => Fields {
                map: Map::new(),
                place,
                problems: self.problems,
                hopeless: true,
            },
        }
    }

    /// The same; none of it is required.
    pub(super) fn entries_or_empty(&mut self, name: &str) -> Map<String, Value> {
        match self.map.remove(name) {
            Some(Value::Object(map)) => map,
            Some(_) => {
                self.wrong(name, "named values");
                Map::new()
            }
            None => Map::new(),
        }
    }

    /// Whatever has not been read is no field.
    pub(super) fn end(self) {
        for name in self.map.keys() {
            let place = join(&self.place, name);
            self.problems
                .push(Problem::new(place, "nothing: there is no such field"));
        }
    }

    pub(super) fn wrong(&mut self, name: &str, expected: &str) {
        let place = self.place_of(name);
        self.problems.push(Problem::new(place, expected));
    }

    fn required(&mut self, name: &str) -> Option<Value> {
        let value = self.map.remove(name);
        if value.is_none() && !self.hopeless {
            self.wrong(name, "a value, and it is missing");
        }
        value
    }

    fn place_of(&self, name: &str) -> String {
        join(&self.place, name)
    }
}

fn join(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}
