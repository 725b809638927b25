extension NameBank {
    static let vietnamese = NameBank(
        titles: [
            "N A", "N V", "V N", "N và N", "Em V N", "Anh V Em", "Một N A", "N Không A", "Đừng V", "Về N", "Lời N A",
            "N #", "Khi N V", "Ngày N A", "V Nhau Đi",
        ],
        artists: ["L F", "L F", "F F", "F", "Nhóm N", "N A", "F N", "Ban Nhạc N"],
        person: "L F",
        adjectives: words(
            """
            Buồn Xa Cũ Vội Đầy Lạnh Trắng Xanh Dịu_Dàng Lặng_Lẽ Mong_Manh Cuối_Cùng Đầu_Tiên Ngọt_Ngào Dang_Dở Mùa_Hạ
            Tháng_Sáu Năm_Ấy Yêu_Dấu Bình_Yên
            """),
        nouns: words(
            """
            Mưa Nắng Gió Mây Đêm Biển Phố Hà_Nội Sài_Gòn Giấc_Mơ Nỗi_Nhớ Mùa_Thu Hoa_Sữa Con_Đường Ký_Ức Trăng Nước_Mắt
            Tình_Yêu Dòng_Sông Hẹn_Ước Tuổi_Trẻ Bầu_Trời Chuyến_Tàu Chiều
            """),
        verbs: words("Nhớ Quên Đợi Yêu Đi Về Khóc Mơ Hát Buông Chờ Thương Gọi Tìm Giữ"),
        firstNames: words(
            """
            Minh_Anh Thùy_Dương Đức_Huy Ngọc_Ánh Quốc_Bảo Hồng_Nhung Tuấn_Kiệt Khánh_Linh Gia_Hân Thanh_Tùng Mỹ_Tâm
            Hoàng_Long Bích_Phương Văn_Mạnh Hương_Giang Thị_Tuyết Phương_Ly Đình_Vũ Hữu_Nghĩa Quỳnh_Như
            """),
        lastNames: words("Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý"))

    static let japanese = NameBank(
        separator: "",
        titles: ["A N", "N の N", "N を V", "N", "A N の N", "N と N", "君 と N", "N #"],
        artists: ["L F", "L F", "N", "A N", "N と N", "F"],
        person: "L F",
        adjectives: words("青い 遠い 眠れない 静かな 最後の 新しい 真夜中の 透明な 優しい 小さな 消えない"),
        nouns: words("夜 雨 海 東京 夏 電車 星 手紙 窓 記憶 渚 約束 花火 街 風 プラスチック ネオン シティ ドライブ"),
        verbs: words("待つ 忘れる 歌う 走る 探す 抱きしめて 離さない 見つめて"),
        firstNames: words("さくら 陽菜 蓮 健太 美咲 悠真 葵 大輝 真理 竜一 ゆき 翔"),
        lastNames: words("佐藤 鈴木 高橋 田中 山下 竹内 松原 大貫 吉田 小林 中島 杉山"))

    static let korean = NameBank(
        titles: ["A N", "N", "N 속의 N", "V", "너의 N", "N 그리고 N", "A 그 N", "N (Korean Ver.)"],
        artists: ["L F", "N", "F", "A N", "N #"],
        person: "L F",
        adjectives: words("푸른 조용한 긴 마지막 첫번째 따뜻한 하얀 낯선 빛나는 흐린 작은"),
        nouns: words("밤 비 별 바다 봄날 서울 기억 꿈 편지 하늘 거짓말 여름 창문 달빛 계절 인사"),
        verbs: words("기다려 돌아와 사랑해 잊지마 춤춰 안아줘 날아가 괜찮아"),
        firstNames: words("지민 서연 하준 수빈 도윤 유나 민재 채원 은우 예린 태현 소희"),
        lastNames: words("김 이 박 최 정 강 조 윤 장 임 한 오"))

    static let hindi = NameBank(
        titles: ["N", "A N", "N और N", "मेरा N", "N में N", "V", "N का N", "V ना"],
        artists: ["F L", "F L", "F", "A N"],
        adjectives: words("नया प्यारा अधूरा पहला आख़िरी सुनहरा मीठा अजनबी"),
        nouns: words("दिल प्यार रात चाँद बारिश सपना इश्क़ सफ़र ख़्वाब मौसम आसमान किनारा शहर याद"),
        verbs: words("आजा सुनो चलो नाचो रुको मिलो गाओ भूलो"),
        firstNames: words("प्रिया अर्जुन अनन्या राहुल श्रेया करण नेहा विक्रम दीपिका रोहन"),
        lastNames: words("शर्मा वर्मा सिंह कपूर मेहता गुप्ता जोशी चौहान अय्यर"))
}
