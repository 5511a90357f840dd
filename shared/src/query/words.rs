//! Word lists of the analysis, in folded form.

use crate::text::words::Words;

/// Words that want a noun after them: in the middle of a text they show a title. Name particles
/// (de, van, la …) are left out, they stand in names as well.
pub(super) static CONNECTORS: Words = Words::new(
    "the a an of to in with for on from my your his our their \
    without under into at as no nor and or through between among against beyond across \
    des au aux dans sur sans pour et une \
    en con sin por para und im am vom zum zur mit ohne fur auf eine \
    della dei delle nel \
    och med pa i og til \
    и в на с о об за под из без для у",
);

/// Connectors that also stand between the names of two persons.
pub(super) static CONJUNCTIONS: Words = Words::new("and or et und y och og и i");

/// Articles that begin a title and never a name.
pub(super) static LEADING_ARTICLES: Words = Words::new(
    "the a an les une der das los las il gli un uma het een \
    eine ein det",
);

/// Words that have no place in a person's name.
pub(super) static NOT_A_NAME: Words = Words::new(
    "the a an of to in with for on from my your his her our their \
    its and or not is are was were be been do does did have has had how what why who when where \
    which that this these those there here we you he she it they me him them us i if so but than \
    then as at by into over under about after before between without novel novels book books \
    story stories tales life lives biography memoir history guide introduction complete collected \
    selected poems works trilogy series saga volume edition oh dear goodbye hello love yes please \
    fi girl boy rabbit run interrupted everything nothing something chapter verse \
    et und och og dans sur avec pour nicht ist и в на с о не",
);

/// Adjectives and numbers that go before the last noun of a title: "The Great Gatsby".
pub(super) static TITLE_ADJECTIVES: Words = Words::new(
    "great little secret last first second third old new two \
    three four five six seven nine ten hundred thousand million lost dark big black white red \
    blue green golden silver invisible silent hidden long good bad beautiful wild dead perfect \
    final other only whole brief short fifth final real true",
);

/// Two or three letters that look like initials and are not.
pub(super) static NOT_INITIALS: Words = Words::new(
    "mr mrs ms dr st sr jr sir tv pc cd dj bc ad pt ww us uk \
    eu un ai it io ok ie eg ps et dc ny la nyc fbi cia usa bbc jfk dna rna sql css php xml html \
    dns pdf dvd rpg gps nhl nfl mlb nba hbr ptsd cbt vb ms js www http st th nd rd xx xl xxx \
    am an as at be by do go he hi if in is me my no of oh on or ox so to up we pi el le il de du \
    da di al lo un ed jo bo cy li wu yu xi ma ng he hu ko oz io ra ur cv hr pr qa ux ui vr ar \
    co gi my why sky cry dry fly try shy spy thy gym myth fbi fr hm mt ft vol ch pp \
    не на по от до за из мы вы он ты ад со ко во об",
);
