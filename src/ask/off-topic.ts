/** Questions that hardly any company's documents answer: what an index must not answer. Written for Docent. */
export const offTopicQuestions: Record<string, string[]> = {
  en: `Who won the football world cup in 1998?
What is the capital of Mongolia?
How do I make a sourdough starter at home?
How tall is Mount Kilimanjaro?
Which planet has the most moons?
How long should I boil an egg?
Who painted The Starry Night?
What is the boiling point of nitrogen?
How do penguins keep their eggs warm?
When did the Roman Empire fall?
What do koalas eat?
How many strings does a cello have?
Who was the first person on the moon?
What is the recipe for banana bread?
How do I tie a bow tie?
Which country has the longest coastline?
What causes a rainbow?
How many bones are in the human body?
Who wrote Pride and Prejudice?
What is the fastest animal on land?
How do I get red wine out of a carpet?
When is the best time to plant tulips?
What is the plot of Romeo and Juliet?
How far is the sun from the earth?
Who invented the telephone?
What are the rules of cricket?
How do I change a flat bicycle tire?
Which vitamin do oranges contain?
What is the largest ocean?
Who sang Bohemian Rhapsody?
How do bees make honey?
What is the square root of 169?
When was the Eiffel Tower built?
Why is the sky blue?
How do I stop my cat from scratching the sofa?
What language do people speak in Brazil?
How long do elephants live?
What is the difference between a crocodile and an alligator?
How do I fix a dripping tap?
Which actor played James Bond in Skyfall?
What is the weather like in Lisbon in March?
How do I grow tomatoes on a balcony?
Who discovered penicillin?
What does a platypus look like?
How many players are in a basketball team?
What is the currency of Thailand?
How can I whistle with my fingers?
What are the symptoms of chickenpox?
Who built the pyramids of Giza?
How do I knit a scarf?
What time does the sun rise in Iceland in June?
Which river flows through Baghdad?
How many calories are in an avocado?
What is the meaning of the tarot card The Fool?
How do volcanoes erupt?
Who won the Nobel Prize in Literature in 2010?
What is the best way to catch trout?
How old is the universe?
What breed of dog is best for small apartments?
How do I play the chord F on a guitar?
Which king had six wives?
What is the highest waterfall in the world?
How do I remove a splinter?
When does the cherry blossom season start in Kyoto?
What is the atomic number of gold?
Why do cats purr?
How do I bake a cheesecake without an oven?
Who directed the film Spirited Away?
What is the population of Nairobi?
How deep is the Mariana Trench?
What is the opening move in the Sicilian Defence?
How do I sharpen a kitchen knife?
Which dinosaurs could fly?
Who was the wife of Napoleon?
How do I fold a paper crane?
What makes popcorn pop?
Which teams play in the Copa Libertadores?
How do I treat a jellyfish sting?
What is the oldest university in Europe?
When did the Titanic sink?
What is the tallest tree species?
How do I brew green tea?
Who was Cleopatra's father?
What is the distance between Paris and Marseille?
How many rings does Saturn have?
Can rabbits eat lettuce?
What is the fourth book of the Harry Potter series?
How do glaciers form?
Which instrument did Miles Davis play?
What is a haiku?
How do I get rid of fruit flies?
Who is the patron saint of Ireland?
What is the melting point of chocolate?
How does a lunar eclipse happen?
Which spices go into garam masala?
Who was the longest reigning British monarch?
How do I throw a curveball?
What year did the Berlin Wall come down?
What is the smallest bird in the world?
How do I polish silver cutlery?
Why do leaves change colour in autumn?
Which sea creature has three hearts?
How many acts are in Hamlet?
What is the origin of Halloween?
How do I keep a Christmas tree fresh?
Who composed the Four Seasons?
What is the national dish of Peru?
How high can kangaroos jump?
When was the printing press invented?
How do I paint with watercolours?
What is the longest river in Asia?
Who won Wimbledon in 2003?
What do I feed a newborn kitten?
How long does it take to fly to Mars?
Is a tomato a fruit?
What are the seven wonders of the ancient world?
How do I unclog a kitchen sink?
Which gas do plants breathe in?
Who is buried in the Taj Mahal?
How do you say goodbye in Swahili?
What is the best bait for carp?
How many stomachs does a cow have?`.split('\n'),
  zh: `1998年世界杯是哪个国家夺冠的？
蒙古国的首都是哪里？
怎么在家里养多肉植物？
乞力马扎罗山有多高？
哪颗行星的卫星最多？
鸡蛋要煮几分钟才熟？
《星夜》是谁画的？
企鹅怎么给蛋保暖？
罗马帝国是什么时候灭亡的？
考拉吃什么？
大提琴有几根弦？
第一个登上月球的人是谁？
红烧肉怎么做才不腻？
领带怎么打？
哪个国家的海岸线最长？
彩虹是怎么形成的？
人体有多少块骨头？
《红楼梦》的作者是谁？
陆地上跑得最快的动物是什么？
地毯上的红酒渍怎么洗掉？
郁金香什么时候种最合适？
梁山伯与祝英台讲的是什么故事？
太阳离地球有多远？
电话是谁发明的？
板球的规则是什么？
自行车爆胎了怎么补？
橙子里含有哪种维生素？
世界上最大的海洋是哪个？
《月亮代表我的心》是谁唱的？
蜜蜂是怎么酿蜜的？
一百六十九的平方根是多少？
埃菲尔铁塔是哪一年建成的？
天空为什么是蓝色的？
怎么让猫不抓沙发？
巴西人说什么语言？
大象能活多少年？
鳄鱼和短吻鳄有什么区别？
水龙头滴水怎么修？
《霸王别姬》的导演是谁？
三月份的里斯本天气怎么样？
阳台上怎么种番茄？
青霉素是谁发现的？
鸭嘴兽长什么样？
篮球队上场有几个人？
泰国用什么货币？
水痘有哪些症状？
金字塔是谁建造的？
围巾怎么织？
黄河流经哪些省份？
一个牛油果有多少卡路里？
火山为什么会喷发？
2012年诺贝尔文学奖得主是谁？
钓鲤鱼用什么饵料好？
宇宙的年龄有多大？
小户型适合养什么狗？
吉他的F和弦怎么按？
亨利八世有几个妻子？
世界上落差最大的瀑布在哪里？
手上扎了刺怎么取出来？
京都的樱花几月份开？
黄金的原子序数是多少？
猫为什么会打呼噜？
不用烤箱怎么做芝士蛋糕？
《千与千寻》是谁导演的？
内罗毕有多少人口？
马里亚纳海沟有多深？
西西里防御的第一步怎么走？
菜刀怎么磨才锋利？
哪些恐龙会飞？
拿破仑的妻子叫什么名字？
千纸鹤怎么折？
爆米花为什么会爆开？
被水母蜇了怎么办？
欧洲最古老的大学是哪一所？
泰坦尼克号是哪年沉没的？
世界上最高的树是什么树？
绿茶用多少度的水泡？
秦始皇的父亲是谁？
从巴黎到马赛有多远？
土星有几个光环？
兔子能吃生菜吗？
《西游记》里有多少难？
冰川是怎么形成的？
俳句有几个音节？
怎么消灭家里的果蝇？
巧克力的熔点是多少？
月食是怎么发生的？
麻婆豆腐要放哪些调料？
在位时间最长的中国皇帝是谁？
柏林墙是哪一年倒塌的？
世界上最小的鸟是什么鸟？
银器发黑了怎么擦亮？
秋天树叶为什么会变黄？
哪种海洋动物有三个心脏？
万圣节是怎么来的？
《四季》是谁作曲的？
秘鲁的国菜是什么？
袋鼠能跳多高？
活字印刷术是谁发明的？
水彩画怎么入门？
亚洲最长的河流是哪一条？
2003年温网男单冠军是谁？
刚出生的小猫喂什么？
飞到火星需要多长时间？
番茄是水果还是蔬菜？
古代世界七大奇迹有哪些？
厨房下水道堵了怎么通？
植物吸收什么气体？
泰姬陵里葬的是谁？
斯瓦希里语的再见怎么说？
牛有几个胃？
端午节为什么要吃粽子？
象棋里的马怎么走？
武松打虎是哪本书里的故事？
长城一共有多长？
李白是哪个朝代的诗人？
怎么腌酸菜？
北极熊的皮肤是什么颜色？
乒乓球一局打多少分？
台风的名字是怎么起的？
京剧脸谱的红色代表什么？`.split('\n'),
  de: `Wer hat 1998 die Fußballweltmeisterschaft gewonnen?
Was ist die Hauptstadt der Mongolei?
Wie setze ich einen Sauerteig an?
Wie hoch ist der Kilimandscharo?
Welcher Planet hat die meisten Monde?
Wie lange muss ein Ei kochen?
Wer hat die Sternennacht gemalt?
Was fressen Koalas?
Wie viele Saiten hat ein Cello?
Wer war der erste Mensch auf dem Mond?
Wie entsteht ein Regenbogen?
Wie viele Knochen hat der Mensch?
Wer schrieb den Faust?
Welches Tier läuft am schnellsten?
Wie bekomme ich Rotwein aus dem Teppich?
Wann pflanzt man Tulpen?
Wie weit ist die Sonne von der Erde entfernt?
Wer hat das Telefon erfunden?
Wie flicke ich einen Fahrradreifen?
Warum ist der Himmel blau?
Wie alt werden Elefanten?
Wer entdeckte das Penicillin?
Welche Währung hat Thailand?
Was sind die Symptome von Windpocken?
Wie stricke ich einen Schal?
Welcher Fluss fließt durch Bagdad?
Warum brechen Vulkane aus?
Wie alt ist das Universum?
Welcher König hatte sechs Frauen?
Warum schnurren Katzen?
Wie tief ist der Marianengraben?
Wie schärfe ich ein Küchenmesser?
Wann sank die Titanic?
Wie faltet man einen Kranich aus Papier?
Wer komponierte die Vier Jahreszeiten?
Wie hoch können Kängurus springen?
Was ist der längste Fluss Asiens?
Wer gewann 2003 in Wimbledon?
Ist die Tomate ein Obst?
Wie viele Mägen hat eine Kuh?`.split('\n'),
};
