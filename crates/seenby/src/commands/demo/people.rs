//! Who takes part: three visitors, whom people play in their browsers, and a crowd that is simulated. Groups lie within one
//! another, so that everybody of the ward is in the larger ones too.

use std::sync::Arc;

#[derive(Debug)]
pub struct Person {
    pub id: String,
    pub name: String,
}

/// A group of the visitors and of the first of the crowd.
#[derive(Debug)]
pub struct DemoGroup {
    pub id: &'static str,
    pub title: &'static str,
    /// Members, the visitors included.
    pub size: usize,
}

pub const WARD: DemoGroup = DemoGroup { id: "ward-3", title: "Ward 3", size: 12 };
pub const CAMPUS: DemoGroup = DemoGroup { id: "campus", title: "Campus", size: 200 };
pub const CITY: DemoGroup = DemoGroup { id: "city-alert", title: "City alert", size: 5_000 };
pub const GROUPS: [&DemoGroup; 3] = [&WARD, &CAMPUS, &CITY];

pub const VISITORS: [(&str, &str); 3] = [("dr-chen", "Dr. Chen"), ("nurse-ada", "Nurse Ada"), ("bao", "Bao")];
/// Former members: one of the ward, two of the campus, three of the city.
const LEAVERS: usize = 3;

#[derive(Debug)]
pub struct People {
    pub visitors: Vec<Person>,
    pub crowd: Vec<Person>,
    /// They were in the groups and have left.
    pub leavers: Vec<Person>,
}

impl People {
    pub fn gather() -> Arc<Self> {
        let visitors: Vec<_> =
            VISITORS.iter().map(|(id, name)| Person { id: (*id).to_owned(), name: (*name).to_owned() }).collect();
        let mut names = names();
        let mut next = |number: usize| Person { id: format!("m{number:04}"), name: names.next().unwrap_or_default() };
        let crowd_size = CITY.size - visitors.len();
        let crowd = (0..crowd_size).map(&mut next).collect();
        let leavers = (crowd_size..crowd_size + LEAVERS).map(&mut next).collect();
        Arc::new(Self { visitors, crowd, leavers })
    }

    /// The simulated members of a group.
    pub fn crowd_of(&self, group: &DemoGroup) -> &[Person] {
        &self.crowd[..group.size - self.visitors.len()]
    }
}

/// Given and family names of one place each; the first are Chinese, where the family comes first and no space is between.
const PLACES: [(&str, &str); 8] = [
    (
        "芳 伟 敏 静 磊 秀英 建国 思远 雨晴 志强 子涵 欣怡 浩然 梦瑶 俊杰 晓明 丽华 嘉琪 文博 雪梅 天佑 诗涵 国栋 佳宁 海燕",
        "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐",
    ),
    (
        "Amara Chidi Ngozi Emeka Adaeze Tunde Folake Kwame Abena Kofi Yaa Femi Ife Obinna Zainab Sade Kelechi Bola Uche \
         Esi Kojo Nneka Ayo Efua Segun",
        "Okafor Adeyemi Mensah Balogun Eze Owusu Nwosu Boateng Abiola Diallo Asante Okoro Lawal Osei Ibrahim Ndiaye \
         Traoré Adjei Bello Onyeka Sarpong Chukwu Danso Ogunleye Appiah",
    ),
    (
        "Elif Omar Yasmin Karim Layla Emre Zeynep Hassan Noor Tariq Fatima Samir Leila Murat Aylin Reza Shirin Youssef \
         Salma Bilal Dilara Farid Huda Kerem Mona",
        "Haddad Demir Yılmaz Hosseini Mansour Kaya Rahimi Nasser Şahin Farouk Çelik Aziz Karimi Saleh Aydın Khoury \
         Moradi Hamdan Arslan Bakr Tehrani Qasim Öztürk Najjar Sabbagh",
    ),
    (
        "Lucía Mateo Inés Diego Sofía Javier Camila Andrés Valentina João Beatriz Rafael Mariana Pedro Carla Gonzalo Elena \
         Tomás Paula Tiago Rocío Iván Luana Bruno Marisol",
        "García Silva Rodríguez Santos Fernández Oliveira Morales Costa Vega Pereira Castillo Almeida Núñez Rocha Ortiz \
         Moreira Ibáñez Lima Peña Cardoso Salazar Duarte Méndez Teixeira Rojas",
    ),
    (
        "Priya Arjun Kavya Rohan Ananya Vikram Meera Aditya Lakshmi Nikhil Divya Sanjay Ishita Rahul Sneha Karthik Pooja \
         Manish Leela Dev Asha Varun Radha Suresh Tara",
        "Iyer Sharma Patel Reddy Nair Gupta Das Singh Menon Rao Khan Joshi Bose Kulkarni Pillai Mehta Chopra Banerjee \
         Verma Desai Naidu Ghosh Kapoor Shetty Mishra",
    ),
    (
        "Greta Jonas Astrid Lars Ingrid Felix Hanna Emil Frida Nils Marlene Sven Klara Anton Liv Matthias Johanna Erik \
         Lotte Bram Sanne Magnus Heike Oskar Pia",
        "Müller Hansen Lindqvist Schäfer Jensen Visser Bauer Nyström Köhler Andersen Bakker Weiß Berg Holm Vogel Larsen \
         Krüger Dahl Jansen Sjöberg Hartmann Lund Schneider Eklund Brandt",
    ),
    (
        "Dmitri Olga Anya Milan Katarina Pavel Zofia Marek Irina Nikolai Jelena Stefan Tereza Bogdan Agnieszka Viktor \
         Daria Luka Oksana Tomasz Eleni Giorgos Vesna Andrei Mila",
        "Novak Kovač Shevchenko Horvat Wójcik Marković Petrović Bondarenko Popescu Nowak Jovanović Melnyk Babić Ionescu \
         Kravchenko Nikolić Dudek Stanković Moroz Lysenko Radu Pavlović Mazur Tkachenko Kaczmarek",
    ),
    (
        "Hiro Yuki Aiko Kenji Sakura Takumi Haruka Ren Mei Daichi Naoko Sora Emi Ryo Kaori Shun Misaki Yuto Akari Jun Hana \
         Koji Rin Satoshi Yui",
        "Tanaka Sato Suzuki Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki Matsumoto Inoue Kimura \
         Hayashi Shimizu Saito Mori Abe Ikeda Hashimoto Ishikawa Ogawa Fujita",
    ),
];

/// 5,000 names, each once, in turn from each place.
fn names() -> impl Iterator<Item = String> {
    let places = PLACES.map(|(given, family)| {
        let words = |text: &'static str| text.split_whitespace().collect::<Vec<_>>();
        (words(given), words(family))
    });
    let rounds = places[0].0.len() * places[0].1.len();
    (0..rounds).flat_map(move |round| {
        places.clone().into_iter().enumerate().map(move |(place, (given, family))| {
            // Both change each time, so that no two neighbours share a name.
            let given_name = given[round % given.len()];
            let family_name = family[(round + round / given.len()) % family.len()];
            match place {
                0 => format!("{family_name}{given_name}"),
                _ => format!("{given_name} {family_name}"),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn everybody_has_a_name_of_their_own() {
        let people = People::gather();
        let all: Vec<_> = people.crowd.iter().chain(&people.leavers).map(|person| &*person.name).collect();
        assert_eq!(all.len(), 5_000);
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        assert!(all.iter().all(|name| name.chars().count() > 1));
        assert!(
            PLACES
                .iter()
                .all(|(given, family)| [given, family].map(|names| names.split_whitespace().count()) == [25; 2])
        );
    }
}
